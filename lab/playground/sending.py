"""Sending records: the loop that `code.sending` writes down, with each answer told at once."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from lab.errors import LabError
from lab.playground.account import STREAM
from lab.playground.code import partition_key, per_call
from lab.rules.quotas import MIB

MOST_RECORDS: Final = 100_000
LARGEST_BYTES: Final = 100_000
MOST_BYTES: Final = 100 * MIB
"""Of one press of the button: the lab keeps records in memory."""
LONGEST_SECONDS: Final = 120
CALLS_A_SECOND: Final = 4
"""How finely records are spread over time, when they are."""
BETWEEN_TRIES: Final = 0.5

Told = Callable[[list[dict[str, Any]], dict[str, Any], int], None]
"""Hears of a call: what was sent, the answer, and which try it was, from 0."""


@dataclass(frozen=True)
class Order:
    """What a press of Send asks for. `size`: bytes of each record; `seconds`: to spread them over."""

    count: int
    size: int
    hot_percent: int
    seconds: int
    retry: bool

    @property
    def per(self) -> int:
        """Records of one call."""
        most = per_call(self.size)
        return min(most, -(-self.count // (self.seconds * CALLS_A_SECOND))) if self.seconds else most

    @property
    def pause(self) -> float:
        """Seconds between two calls."""
        return self.seconds / -(-self.count // self.per) if self.seconds else 0.0


def order(body: dict[str, Any]) -> Order:
    """What the page asks for. Raises LabError, in words for the page, for what can't be."""
    limits = {
        "count": (1, MOST_RECORDS, "The number of records"),
        "size": (20, LARGEST_BYTES, "The size in bytes"),
        "hot_percent": (0, 100, "The part with one key, in percent,"),
        "seconds": (0, LONGEST_SECONDS, "The time in seconds"),
    }
    found: dict[str, Any] = {}
    for name, (least, most, words) in limits.items():
        value = body.get(name)
        if type(value) is not int or not least <= value <= most:
            raise LabError(f"{words} is a whole number from {least:,} to {most:,}.")
        found[name] = value
    if found["count"] * found["size"] > MOST_BYTES:
        raise LabError(f"That is more than {MOST_BYTES // MIB} MiB at once. Send fewer, or smaller ones.")
    return Order(**found, retry=body.get("retry") is True)


def records(asked: Order, first: int) -> list[dict[str, Any]]:
    """The records of an order, numbered from FIRST."""
    return [
        {
            "PartitionKey": partition_key(number, asked.hot_percent),
            "Data": json.dumps({"n": number}).ljust(asked.size).encode(),
        }
        for number in range(first, first + asked.count)
    ]


def send(
    kinesis: Any, asked: Order, first: int, told: Told, stopped: threading.Event, counting: threading.Lock
) -> None:
    """Until all are taken, or for an order without retries once. COUNTING: held while a call is counted."""
    left, tries = records(asked, first), 0
    while left and not stopped.is_set():
        refused: list[dict[str, Any]] = []
        for start in range(0, len(left), asked.per):
            batch = left[start : start + asked.per]
            with counting:
                if stopped.is_set():
                    return
                answer = kinesis.put_records(StreamName=STREAM, Records=batch)
                told(batch, answer, tries)
            results = answer["Records"]
            refused += [one for one, result in zip(batch, results, strict=True) if "ErrorCode" in result]
            stopped.wait(asked.pause)
        left, tries = refused if asked.retry else [], tries + 1
        if left:
            stopped.wait(BETWEEN_TRIES)
