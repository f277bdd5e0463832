"""The log of Lambda invocations, as a lesson reads it: which records each had, and what came of it.

from lab.invocations import invocations, wait_for
wait_for("course-03-orders", lambda log: len(log) >= 3)

The log is the lab's own (docs/lambda.md); AWS has metrics and the function's own logs instead.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from lab.control import control
from lab.errors import LabError

Invocation = dict[str, Any]
"""One entry of the log; docs/lambda.md names its fields."""
BETWEEN_LOOKS: Final = 0.1
"""Seconds between two looks at the log."""


def invocations(function: str) -> list[Invocation]:
    """Every invocation of FUNCTION that the log holds, the oldest first. Raises LabError."""
    found = control().look("invocations")["invocations"]
    return [entry for entry in found if entry["function"] == function]


def wait_for(
    function: str, seen: Callable[[Sequence[Invocation]], bool], seconds: float = 60.0
) -> list[Invocation]:
    """Wait until SEEN says yes to the log of FUNCTION; the log.

    Raises LabError when it has not within so many SECONDS, and says what the log had by then.
    """
    until = time.monotonic() + seconds
    while not seen(log := invocations(function)):
        if time.monotonic() > until:
            came = ", ".join(entry["outcome"] for entry in log) or "none"
            raise LabError(
                f"What was waited for did not come in {seconds:g} seconds. Invocations of {function} so far: "
                f"{came}. Is its mapping enabled, and are there records in the stream?"
            )
        time.sleep(BETWEEN_LOOKS)
    return log


def handled(log: Sequence[Invocation]) -> set[tuple[str, str]]:
    """Shard and sequence number of each record that LOG shows as done or given up.

    A batch of more than 100 records has no sequence numbers in the log, so none of it is here.
    """
    found = set()
    for entry in log:
        if entry["outcome"] in ("success", "partial", "given_up"):
            done = entry["sequence_numbers"][: entry["failed_from"]]
            found |= {(entry["shard"], number) for number in done}
    return found
