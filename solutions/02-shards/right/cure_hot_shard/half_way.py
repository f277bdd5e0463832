def cure_hot_shard(shards, sent):
    def need(loads):
        return max(sum(x["records"] for x in loads) / 1000, sum(x["kib"] for x in loads) / 1024)

    def loads_of(shard):
        start = int(shard["HashKeyRange"]["StartingHashKey"])
        end = int(shard["HashKeyRange"]["EndingHashKey"])
        return [x for x in sent.values() if start <= int(x["hash_key"]) <= end]

    open_now = [s for s in shards if "EndingSequenceNumber" not in s["SequenceNumberRange"]]
    hot = max(open_now, key=lambda s: need(loads_of(s)))
    if need(loads_of(hot)) <= 1:
        return {"shard": None, "cuts": []}
    top = max(loads_of(hot), key=lambda x: need([x]))
    if need([top]) > 1:
        return {"shard": hot["ShardId"], "cuts": []}
    # Half way to the neighbours: where there is none on a side, no cut is needed there.
    h = int(top["hash_key"])
    others = [int(x["hash_key"]) for x in loads_of(hot) if x is not top]
    below, above = [x for x in others if x < h], [x for x in others if x > h]
    cuts = [(max(below) + h + 1) // 2] if below else []
    cuts += [(min(above) + h + 1) // 2] if above else []
    return {"shard": hot["ShardId"], "cuts": [str(cut) for cut in cuts]}
