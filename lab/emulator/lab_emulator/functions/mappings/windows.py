"""Tumbling windows of one shard: which window a record is in, its state, when it ends. Pure.

Source: Lambda guide, "Using Lambda and Kinesis for stateful processing" (tumbling windows).
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

LARGEST_STATE: Final = 2**20
"""Bytes of a window's state as JSON; a larger one ends the window early."""


class NoStateError(ValueError):
    """An answer holds no state, so the call counts as failed."""


@dataclass
class Window:
    """One window of one shard. Times are ms since 1970."""

    start: int
    end: int
    state: Any = None
    is_full: bool = False
    """Its state is too large: it ends now."""

    def __post_init__(self) -> None:
        if self.state is None:
            self.state = {}

    def take(self, answer: bytes) -> None:
        """Keep the state that the function answers. Raises NoStateError."""
        answered = json.loads(answer or b"null")
        if not isinstance(answered, dict) or "state" not in answered:
            raise NoStateError("the answer holds no state")
        self.state = answered["state"]
        self.is_full = len(json.dumps(self.state).encode()) > LARGEST_STATE

    def told(self, *, is_final: bool) -> dict[str, Any]:
        """The fields that an event has for it."""
        return {
            "window": {"start": _moment(self.start), "end": _moment(self.end)},
            "state": self.state,
            "isFinalInvokeForWindow": is_final,
            "isWindowTerminatedEarly": self.is_full,
        }


def window_of(arrived: int, seconds: int) -> Window:
    """A new window: windows are cut by arrival, from 1970 on."""
    start = arrived // (seconds * 1000) * seconds * 1000
    return Window(start, start + seconds * 1000)


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
