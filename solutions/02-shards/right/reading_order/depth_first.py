def reading_order(shards):
    by_id = {shard["ShardId"]: shard for shard in shards}
    order = []

    def visit(shard_id):
        if shard_id not in by_id or shard_id in order:
            return
        visit(by_id[shard_id].get("ParentShardId"))
        visit(by_id[shard_id].get("AdjacentParentShardId"))
        order.append(shard_id)

    for shard_id in by_id:
        visit(shard_id)
    return order
