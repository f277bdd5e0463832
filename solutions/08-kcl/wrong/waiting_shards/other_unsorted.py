def waiting_shards(leases):
    unfinished = {row["leaseKey"] for row in leases if row["checkpoint"] != "SHARD_END"}
    return [row["leaseKey"] for row in leases if unfinished & set(row["parentShardId"])][::-1]
