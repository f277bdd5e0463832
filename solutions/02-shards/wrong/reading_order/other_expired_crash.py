def reading_order(shards):
    by_id = {s["ShardId"]: s for s in shards}
    order = []

    def visit(shard):
        for key in ("ParentShardId", "AdjacentParentShardId"):
            if key in shard:
                visit(by_id[shard[key]])
        if shard["ShardId"] not in order:
            order.append(shard["ShardId"])

    for s in shards:
        visit(s)
    return order
