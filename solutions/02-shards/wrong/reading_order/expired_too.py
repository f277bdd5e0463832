def reading_order(shards):
    parents = {}
    for s in shards:
        found = [s.get("ParentShardId"), s.get("AdjacentParentShardId")]
        parents[s["ShardId"]] = [p for p in found if p]

    order = []

    def add(shard_id):
        for p in parents.get(shard_id, []):
            add(p)
        if shard_id not in order:
            order.append(shard_id)

    for s in shards:
        add(s["ShardId"])
    return order
