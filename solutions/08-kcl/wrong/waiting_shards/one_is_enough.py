def waiting_shards(leases):
    unfinished = {row["leaseKey"] for row in leases if row["checkpoint"] != "SHARD_END"}
    return sorted(
        row["leaseKey"]
        for row in leases
        if row["parentShardId"] and all(parent in unfinished for parent in row["parentShardId"])
    )
