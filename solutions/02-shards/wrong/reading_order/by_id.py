def reading_order(shards):
    # older shards have smaller numbers
    return sorted(s["ShardId"] for s in shards)
