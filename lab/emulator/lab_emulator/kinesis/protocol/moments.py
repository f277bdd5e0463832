"""Times of answers: milliseconds, which JSON carries as seconds and CBOR as they are."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Moment:
    """Milliseconds since 1970."""

    ms: int


def as_datetime(ms: int) -> datetime:
    """The same time, for programs in this process."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def milliseconds(timestamp: Any) -> int:
    """A timestamp of a request, in milliseconds since 1970."""
    seconds = timestamp.timestamp() if isinstance(timestamp, datetime) else float(timestamp)
    return round(seconds * 1000)
