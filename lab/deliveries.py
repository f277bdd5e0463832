"""The log of objects that Firehose wrote, as a lesson reads it: when each was due, why then, how old it was.

from lab.deliveries import wait_for_objects
written = wait_for_objects("course-09-clicks", 3)

The log is the lab's own (docs/firehose.md); AWS has metrics instead.
"""

import time
from typing import Any, Final

from lab.control import control
from lab.errors import LabError

Delivered = dict[str, Any]
"""One entry of the log; docs/firehose.md names its fields."""
BETWEEN_LOOKS: Final = 0.05
"""Seconds between two looks at the log."""


def objects(stream: str) -> list[Delivered]:
    """Every object of a Firehose stream that the log holds, the oldest first. Raises LabError."""
    found = control().look("firehose")["objects"]
    return [entry for entry in found if entry["stream"] == stream]


def wait_for_objects(stream: str, count: int, seconds: float = 60.0) -> list[Delivered]:
    """Wait until COUNT objects of STREAM are written; all of them. Raises LabError after so many SECONDS."""
    until = time.monotonic() + seconds
    while len(written := objects(stream)) < count:
        if time.monotonic() > until:
            raise LabError(
                f"{stream} has written {len(written)} objects in {seconds:g} seconds, not {count}. A buffer "
                "is written when it is full or old enough: was the lab's clock moved on?"
            )
        time.sleep(BETWEEN_LOOKS)
    return written


def wait_until_waiting(stream: str, records: int, seconds: float = 60.0) -> None:
    """Wait until RECORDS of a Firehose stream are in its buffers, past every function and query.

    Raises LabError after so many SECONDS.
    """
    until = time.monotonic() + seconds
    while (found := _buffered(stream)) != records:
        if time.monotonic() > until:
            raise LabError(f"{stream} has {found} records in its buffers, not {records}.")
        time.sleep(BETWEEN_LOOKS)


def _buffered(stream: str) -> int:
    return int(control().look("firehose")["waiting"].get(stream, {}).get("shaped", 0))
