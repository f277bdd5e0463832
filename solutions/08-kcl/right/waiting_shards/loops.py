def waiting_shards(leases):
    checkpoints = {row["leaseKey"]: row["checkpoint"] for row in leases}
    waiting = []
    for row in leases:
        for parent in row["parentShardId"]:
            if checkpoints.get(parent, "SHARD_END") != "SHARD_END":
                waiting.append(row["leaseKey"])
                break
    return sorted(waiting)
