"""How pictures and tables speak of shards, as boto3 returns them."""

from collections.abc import Mapping
from typing import Any

Shard = Mapping[str, Any]
"""A shard as ListShards and DescribeStream give it."""


def shard_number(shard_id: str) -> str:
    """`4` for `shardId-000000000004`; an id of another form is left alone."""
    prefix, _, number = shard_id.partition("-")
    return str(int(number)) if prefix == "shardId" and number.isdigit() else shard_id


def shard_name(shard_id: str) -> str:
    """`shard 4` for `shardId-000000000004`."""
    return f"shard {shard_number(shard_id)}"


def parents_of(shard: Shard) -> list[str]:
    """Ids of the parents: none, one after a split, two after a merge."""
    ids = (shard.get("ParentShardId"), shard.get("AdjacentParentShardId"))
    return [str(shard_id) for shard_id in ids if shard_id]


def percent(share: float) -> str:
    """A share of 0 to 1 as a percentage with one decimal."""
    return f"{100 * share:.1f} %"


def plural(count: int, noun: str) -> str:
    """`1 record`, `2 records`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
