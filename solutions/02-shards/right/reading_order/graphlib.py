from graphlib import TopologicalSorter


def reading_order(shards):
    listed = {shard["ShardId"] for shard in shards}
    graph = {
        shard["ShardId"]: {shard.get("ParentShardId"), shard.get("AdjacentParentShardId")} & listed
        for shard in shards
    }
    return list(TopologicalSorter(graph).static_order())
