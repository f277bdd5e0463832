"""Times of answers: milliseconds, which JSON carries as seconds and CBOR as they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Moment:
    """Milliseconds since 1970."""

    ms: int


def with_datetimes(answer: Any) -> Any:
    """An answer as programs in this process read it."""
    if isinstance(answer, Moment):
        return datetime.fromtimestamp(answer.ms / 1000, UTC)
    if isinstance(answer, Mapping):
        return {name: with_datetimes(value) for name, value in answer.items()}
    return [with_datetimes(one) for one in answer] if isinstance(answer, list) else answer


def milliseconds(timestamp: Any) -> int:
    """A timestamp of a request, in milliseconds since 1970."""
    seconds = timestamp.timestamp() if isinstance(timestamp, datetime) else float(timestamp)
    return round(seconds * 1000)
