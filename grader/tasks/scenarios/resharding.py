"""Open shards of a stream cut in two and joined again, as scenarios do it between two steps of theirs."""

from itertools import pairwise

from grader.tasks.scenarios.stage import Stage

Range = tuple[int, int, str]
"""First and last hash key of a shard, and its id."""


def split(stage: Stage, stream: str) -> None:
    """Cut the widest open shard in the middle of its hash keys."""
    low, high, shard_id = max(_open_ranges(stage, stream), key=lambda one: (one[1] - one[0], one[2]))
    middle = str((low + high) // 2 + 1)
    stage.kinesis.call("SplitShard", StreamName=stream, ShardToSplit=shard_id, NewStartingHashKey=middle)
    stage.wait_until_active(stream)


def merge(stage: Stage, stream: str) -> None:
    """Join the two neighbours that are the narrowest together."""
    ranges = sorted(_open_ranges(stage, stream))
    one, other = min(pairwise(ranges), key=lambda pair: pair[1][1] - pair[0][0])
    stage.kinesis.call("MergeShards", StreamName=stream, ShardToMerge=one[2], AdjacentShardToMerge=other[2])
    stage.wait_until_active(stream)


def closed_shards(stage: Stage, stream: str) -> frozenset[str]:
    """The ids of the shards that take no more records."""
    shards = stage.kinesis.call("ListShards", StreamName=stream)["Shards"]
    return frozenset(s["ShardId"] for s in shards if "EndingSequenceNumber" in s["SequenceNumberRange"])


def _open_ranges(stage: Stage, stream: str) -> list[Range]:
    shards = stage.kinesis.call("ListShards", StreamName=stream, ShardFilter={"Type": "AT_LATEST"})["Shards"]
    return [
        (int(s["HashKeyRange"]["StartingHashKey"]), int(s["HashKeyRange"]["EndingHashKey"]), s["ShardId"])
        for s in shards
    ]
