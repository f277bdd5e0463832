"""Events for pages, numbered: a page that was away gets what it missed, once, or the whole state anew.

Server-sent events (HTML standard, "Server-sent events"): a browser that reconnects says the last id it saw in
the header Last-Event-ID. Ours are `<start>-<number>`; `<start>` is of this start of the server, so that an id
of an earlier one is known as such.
"""

import asyncio
import json
import secrets
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Any, Final

KEPT: Final = 2_000
"""Events that are kept for pages that were away; who was away for longer gets a snapshot."""
SNAPSHOT: Final = "snapshot"


@dataclass(frozen=True)
class Event:
    """One thing that happened. `data`: what JSON can say."""

    number: int
    kind: str
    data: Any


class Feed:
    """What happens, in order. SNAPSHOT: the whole state as of now, for a page that begins.

    Belongs to one event loop: call it there only.
    """

    def __init__(self, snapshot: Callable[[], Any], kept: int = KEPT) -> None:
        self._snapshot = snapshot
        self._start = secrets.token_hex(4)
        self._events: deque[Event] = deque(maxlen=kept)
        self._number = 0
        self._more = asyncio.Event()
        self.pages = 0
        """How many listen now."""

    @property
    def number(self) -> int:
        """Of the last event."""
        return self._number

    def publish(self, kind: str, data: Any) -> None:
        """Tell every page, those that come back too."""
        self._number += 1
        self._events.append(Event(self._number, kind, data))
        self._more.set()
        self._more = asyncio.Event()

    def missed(self, last_id: str) -> list[Event] | None:
        """The events after LAST_ID, oldest first; None when they can't be told: then a snapshot is due."""
        start, _, number = last_id.partition("-")
        if start != self._start or not (number.isascii() and number.isdecimal()):
            return None
        if not self._number - len(self._events) <= int(number) <= self._number:
            return None
        return [event for event in self._events if event.number > int(number)]

    async def messages(self, last_id: str, patience: float) -> AsyncGenerator[str, None]:
        """What a page is sent from LAST_ID on, for ever; a comment after PATIENCE seconds of silence."""
        self.pages += 1
        try:
            async for text in self._messages(last_id, patience):
                yield text
        finally:
            self.pages -= 1

    async def _messages(self, last_id: str, patience: float) -> AsyncGenerator[str, None]:
        while True:
            more = self._more
            if (events := self.missed(last_id)) is None:
                events = [Event(self._number, SNAPSHOT, self._snapshot())]
            for event in events:
                last_id = f"{self._start}-{event.number}"
                yield message(last_id, event)
            if not events:
                try:
                    await asyncio.wait_for(more.wait(), patience)
                except TimeoutError:
                    yield ": still here\n\n"


def message(event_id: str, event: Event) -> str:
    """EVENT as the browser's EventSource reads it. JSON has no line breaks of its own."""
    return f"id: {event_id}\nevent: {event.kind}\ndata: {json.dumps(event.data)}\n\n"
