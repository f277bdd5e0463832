def reading_order(shards):
    order = []
    for shard in shards:
        if shard["ShardId"] not in order:
            order.append(shard["ShardId"])
    return order
