def cure_hot_shard(shards, sent):
    def need(loads):
        return max(sum(x["records"] for x in loads) / 1000, sum(x["kib"] for x in loads) / 1024)

    for shard in shards:
        if "EndingSequenceNumber" in shard["SequenceNumberRange"]:
            continue
        start = int(shard["HashKeyRange"]["StartingHashKey"])
        end = int(shard["HashKeyRange"]["EndingHashKey"])
        loads = [x for x in sent.values() if start <= int(x["hash_key"]) <= end]
        if need(loads) <= 1:
            continue
        top = max(sent.values(), key=lambda x: need([x]))
        if need([top]) > 1:
            return {"shard": shard["ShardId"], "cuts": []}
        h = int(top["hash_key"])
        return {"shard": shard["ShardId"], "cuts": [str(h), str(h + 2)]}
    return {"shard": None, "cuts": []}
