"""All events of one application in the order in which they became known, and waiting for one."""

import threading
import time
from collections.abc import Callable

from lab.errors import LabError
from lab.kcl.events import Event
from lab.machine.progress import progress

CHECK_SECONDS = 1.0
FIRST_LEASES = (
    "KCL is making its lease table (10 to 45 s: before the first worker does, it waits 1 to 30 s by itself)"
)


class Chronicle:
    """Written by the threads that watch, read by whoever waits."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._changed = threading.Condition()

    @property
    def events(self) -> tuple[Event, ...]:
        with self._changed:
            return tuple(self._events)

    def add(self, event: Event) -> None:
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()

    def wait(
        self,
        is_there: Callable[[tuple[Event, ...]], bool],
        seconds: float,
        may_come: Callable[[], bool],
        state: Callable[[], str],
    ) -> tuple[Event, ...]:
        """All events, as soon as IS_THERE is true of them; it is asked again whenever something happens.

        Raises LabError, with STATE in words, after SECONDS or when what is waited for can't come any more.
        """
        deadline = time.monotonic() + seconds
        events = self.events
        first = not any(event.kind == "lease_won" for event in events)
        with progress(FIRST_LEASES if first else "Waiting for KCL"):
            while not is_there(events):
                if time.monotonic() > deadline:
                    raise LabError(f"That did not happen within {seconds:g} seconds. {state()}")
                expected = may_come()  # asked before the look, so that nothing is missed
                more = self._more_than(len(events), min(CHECK_SECONDS, deadline - time.monotonic()))
                if not expected and len(more) == len(events):
                    raise LabError(f"That can't happen any more: no worker runs. {state()}")
                events = more
        return events

    def _more_than(self, known: int, seconds: float) -> tuple[Event, ...]:
        """The events when there are more than KNOWN, or after SECONDS."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._events) > known, max(0.0, seconds))
            return tuple(self._events)
