"""Where a lesson says that the lab differs from AWS, it does.

When one of these fails, the lab has come nearer to AWS: take the sentence out of the lesson's box.
"""

from collections.abc import Mapping
from typing import Any

import boto3
import pytest

from lab import wait_until_active
from lab.hash_space import even_ranges, range_of

STREAM = "differences"


@pytest.fixture
def kinesis(fresh_account: Mapping[str, str]) -> Any:
    return boto3.client(
        "kinesis",
        endpoint_url=fresh_account["AWS_ENDPOINT_URL"],
        region_name=fresh_account["AWS_REGION"],
        aws_access_key_id=fresh_account["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=fresh_account["AWS_SECRET_ACCESS_KEY"],
    )


def shards_of(kinesis: Any) -> list[dict[str, Any]]:
    wait_until_active(kinesis, STREAM)
    shards: list[dict[str, Any]] = kinesis.list_shards(StreamName=STREAM)["Shards"]
    return shards


def scale(kinesis: Any, target: int) -> None:
    kinesis.update_shard_count(StreamName=STREAM, TargetShardCount=target, ScalingType="UNIFORM_SCALING")
    wait_until_active(kinesis, STREAM)


def test_four_ranges_begin_one_to_three_hash_keys_early(kinesis: Any) -> None:
    kinesis.create_stream(StreamName=STREAM, ShardCount=4)
    ranges = [range_of(shard) for shard in shards_of(kinesis)]
    early = [a.start - b.start for a, b in zip(even_ranges(4), ranges, strict=True)]
    assert early == [0, 1, 2, 3]


def test_at_trim_horizon_lists_the_children_too(kinesis: Any) -> None:
    kinesis.create_stream(StreamName=STREAM, ShardCount=1)
    shards_of(kinesis)
    kinesis.split_shard(
        StreamName=STREAM, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127)
    )
    everything = shards_of(kinesis)
    answer = kinesis.list_shards(StreamName=STREAM, ShardFilter={"Type": "AT_TRIM_HORIZON"})
    assert len(answer["Shards"]) == len(everything) == 3


def test_an_on_demand_stream_can_be_split(kinesis: Any) -> None:
    kinesis.create_stream(StreamName=STREAM, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    first = shards_of(kinesis)[0]
    kinesis.split_shard(
        StreamName=STREAM,
        ShardToSplit=first["ShardId"],
        NewStartingHashKey=str(range_of(first).middle),
    )
    assert len(shards_of(kinesis)) == 6


def test_nine_shards_are_not_equally_wide_and_calls_are_not_counted(kinesis: Any) -> None:
    kinesis.create_stream(StreamName=STREAM, ShardCount=8)
    shards_of(kinesis)
    scale(kinesis, 9)
    latest = kinesis.list_shards(StreamName=STREAM, ShardFilter={"Type": "AT_LATEST"})["Shards"]
    assert max(range_of(s).width for s in latest) > 1.5 * min(range_of(s).width for s in latest)
    for target in (10, 9) * 5:
        scale(kinesis, target)
