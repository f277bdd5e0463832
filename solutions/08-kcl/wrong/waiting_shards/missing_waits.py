def waiting_shards(leases):
    done = {row["leaseKey"] for row in leases if row["checkpoint"] == "SHARD_END"}
    return sorted(row["leaseKey"] for row in leases if set(row["parentShardId"]) - done)
