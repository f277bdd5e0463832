"""Shard iterators: kinesis-mock's own, with what the lab must know of it written in front."""

from dataclasses import dataclass

from lab_emulator.errors import InvalidArgumentException


@dataclass(frozen=True)
class Position:
    """Where an iterator stands. `issued`: the lab's time (ms) at which it was given out."""

    token: str
    """Of the stream, see `Stream.token`."""
    shard_id: str
    issued: int
    inner: str
    """kinesis-mock's iterator."""


def pack(position: Position) -> str:
    """At most 512 characters (API model: ShardIterator), for the longest stream name too."""
    number = int(position.shard_id.partition("-")[2])
    return f"{position.token}.{number:x}.{position.issued:x}.{position.inner}"


def unpack(iterator: str) -> Position:
    """Raises InvalidArgumentException for what was never an iterator of this lab."""
    parts = iterator.split(".", 3)
    try:
        token, number, issued, inner = parts
        return Position(token, f"shardId-{int(number, 16):012d}", int(issued, 16), inner)
    except ValueError:
        raise InvalidArgumentException("Invalid ShardIterator.") from None
