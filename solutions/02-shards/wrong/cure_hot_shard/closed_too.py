def cure_hot_shard(shards, sent):
    def need(loads):
        return max(sum(x["records"] for x in loads) / 1000, sum(x["kib"] for x in loads) / 1024)

    def loads_of(shard):
        start = int(shard["HashKeyRange"]["StartingHashKey"])
        end = int(shard["HashKeyRange"]["EndingHashKey"])
        return [x for x in sent.values() if start <= int(x["hash_key"]) <= end]

    hot = max(shards, key=lambda s: need(loads_of(s)))
    if need(loads_of(hot)) <= 1:
        return {"shard": None, "cuts": []}
    top = max(loads_of(hot), key=lambda x: need([x]))
    if need([top]) > 1:
        return {"shard": hot["ShardId"], "cuts": []}
    h = int(top["hash_key"])
    return {"shard": hot["ShardId"], "cuts": [str(h), str(h + 2)]}
