def waiting_shards(leases):
    table = {row["leaseKey"]: row for row in leases}

    def read_to_the_end(key):
        return key not in table or table[key]["checkpoint"] == "SHARD_END"

    return sorted(k for k, row in table.items() if not all(map(read_to_the_end, row["parentShardId"])))
