"""Rows of KCL's lease table, as cases have them."""

from collections.abc import Iterable
from typing import Any

END = "SHARD_END"


Row = dict[str, Any]


def made(
    number: int, owner: str | None, counter: int, checkpoint: str = "4968", parents: Iterable[int] = ()
) -> Row:
    return {
        "leaseKey": _key(number),
        "leaseOwner": owner,
        "leaseCounter": counter,
        "checkpoint": checkpoint,
        "parentShardId": [_key(parent) for parent in parents],
    }


def _key(number: int) -> str:
    return f"shardId-{number:012}"
