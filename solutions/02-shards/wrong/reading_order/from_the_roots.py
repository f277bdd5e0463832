def reading_order(shards):
    order = [s["ShardId"] for s in shards if "ParentShardId" not in s]
    found = True
    while found:
        found = False
        for s in shards:
            parents = [s[k] for k in ("ParentShardId", "AdjacentParentShardId") if k in s]
            if s["ShardId"] not in order and all(p in order for p in parents):
                order.append(s["ShardId"])
                found = True
    return order
