def reading_order(shards):
    todo = {s["ShardId"]: s for s in shards}
    order = []
    while todo:
        for shard_id in list(todo):
            blocked = False
            for other in todo.values():
                if shard_id in (other.get("ParentShardId"), other.get("AdjacentParentShardId")):
                    blocked = True
            if not blocked:
                order.append(shard_id)
                del todo[shard_id]
    return order
