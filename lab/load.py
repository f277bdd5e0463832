"""Load on a stream: callers that compete for it, and a log of every call that they really made.

Nothing here wraps a call to AWS: the callers are a lesson's own code. `pause` is the one wait by the clock
in the course. Backing off is the subject of lesson 06, and there is nothing to wait for but time.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from lab.control import Control, control
from lab.errors import LabError
from lab.rules.quotas import SHARD_WRITE_BYTES_PER_SECOND, SHARD_WRITE_RECORDS_PER_SECOND

if TYPE_CHECKING:
    from botocore.client import BaseClient

Result = TypeVar("Result")
FULL: Final = {
    "write_records": SHARD_WRITE_RECORDS_PER_SECOND,
    "write_bytes": SHARD_WRITE_BYTES_PER_SECOND,
}
"""What the lab's write buckets of a shard hold at most: one second of its rate (docs/lab.md)."""
BETWEEN_LOOKS: Final = 0.05
"""Seconds between two looks at the buckets."""


def pause(seconds: float) -> None:
    """Wait SECONDS, and do nothing meanwhile. Raises ValueError for a time below 0."""
    if seconds < 0:
        raise ValueError(f"nobody can wait {seconds:g} seconds: a delay is 0 or more")
    time.sleep(seconds)


def at_once(work: Callable[[int], Result], callers: int) -> list[Result]:
    """Call `work(0)` to `work(callers - 1)`, all from the same moment on; what they return, in this order.

    What one of them raises is raised here, when all have ended.
    """
    start = threading.Barrier(callers)

    def caller(number: int) -> Result:
        start.wait()
        return work(number)

    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(caller, range(callers)))


@dataclass(frozen=True)
class Call:
    """A request that was answered: when, in seconds since the log began, and the error's code, if any."""

    seconds: float
    error: str | None


class CallLog:
    """Every request of one operation that a boto3 client makes, those that botocore repeats included.

    `log = CallLog(client, "PutRecord")` listens from now on; `log.calls` is what it has heard.
    """

    def __init__(self, client: "BaseClient", operation: str) -> None:
        self.calls: list[Call] = []
        self._began = time.monotonic()
        service = client.meta.service_model.service_id.hyphenize()
        client.meta.events.register(f"response-received.{service}.{operation}", self._note)

    def _note(self, parsed_response: dict[str, Any] | None, **_more: Any) -> None:
        if parsed_response is not None:
            error = parsed_response.get("Error", {}).get("Code")
            self.calls.append(Call(time.monotonic() - self._began, error))


def wait_until_full(stream_name: str, seconds: float = 30, of: Control | None = None) -> None:
    """Come back when every shard of STREAM_NAME has its full second of writes again, at most SECONDS later.

    Raises LabError when the time is over, or the lab does not run.
    """
    switches, end = of or control(), time.monotonic() + seconds
    while not _full(switches.look("buckets").get(stream_name, {})):
        if time.monotonic() > end:
            raise LabError(f"The shards of {stream_name!r} are still busy after {seconds:g} seconds.")
        time.sleep(BETWEEN_LOOKS)


def _full(shards: dict[str, dict[str, float]]) -> bool:
    """A shard that was never written to has no bucket yet, and a full second when it gets one."""
    return all(levels[name] >= most for levels in shards.values() for name, most in FULL.items())
