"""Task `size_stream`: how many shards the night needs, who reads by fan-out, how long records are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from random import Random
from typing import Any

from grader.tasks.declaration import Arguments, Cases, Misconception, Task
from lab.rules.quotas import (
    RETENTION_MIN_HOURS,
    SHARD_READ_KIB_PER_SECOND,
    SHARD_WRITE_KIB_PER_SECOND,
    SHARD_WRITE_RECORDS_PER_SECOND,
)

FAST_MS = 200
"""A reader that polls sees a record after about so many milliseconds; who needs it sooner has fan-out."""


@dataclass(frozen=True)
class _Size:
    """The size by the printed rule, but for what the switches change."""

    average: bool = False
    headroom: bool = True
    records: bool = True
    readers: bool = True
    fan_out_reads_too: bool = False
    all_poll: bool = False
    outage_only: bool = False
    rounds_down: bool = False

    def __call__(
        self,
        curve: Sequence[int],
        event_kib: float,
        readers: Sequence[dict[str, Any]],
        headroom_percent: int,
        outage_hours: int,
    ) -> dict[str, Any]:
        busiest = Fraction(sum(curve), len(curve)) if self.average else Fraction(max(curve))
        rate = busiest / 60
        written = rate * Fraction(event_kib)
        fast = [] if self.all_poll else sorted(r["name"] for r in readers if r["within_ms"] < FAST_MS)
        shared = len(readers) - (0 if self.fan_out_reads_too else len(fast))
        needs = [written / SHARD_WRITE_KIB_PER_SECOND]
        if self.records:
            needs.append(rate / SHARD_WRITE_RECORDS_PER_SECOND)
        if self.readers:
            needs.append(written * shared / SHARD_READ_KIB_PER_SECOND)
        need = max(needs) * Fraction(100 + (headroom_percent if self.headroom else 0), 100)
        hours = outage_hours if self.outage_only else 2 * outage_hours
        return {
            "shards": max(1, int(need) if self.rounds_down else ceil(need)),
            "fan_out": fast,
            "retention": max(RETENTION_MIN_HOURS, hours),
        }


def size_stream(
    curve: Sequence[int],
    event_kib: float,
    readers: Sequence[dict[str, Any]],
    headroom_percent: int,
    outage_hours: int,
) -> dict[str, Any]:
    """Shards, readers with fan-out by name, hours of retention."""
    return _Size()(curve, event_kib, readers, headroom_percent, outage_hours)


def _reader(name: str, within_ms: int) -> dict[str, Any]:
    return {"name": name, "within_ms": within_ms}


NAMES = ("bans", "fraud", "ladder", "ledger", "live-map", "search")
FRAUD, LADDER, LEDGER = _reader("fraud", 100), _reader("ladder", 5_000), _reader("ledger", 60_000)


def _night(
    curve: Sequence[int], kib: float, readers: Sequence[dict[str, Any]], headroom: int = 25, outage: int = 6
) -> Arguments:
    return {
        "curve": list(curve),
        "event_kib": kib,
        "readers": list(readers),
        "headroom_percent": headroom,
        "outage_hours": outage,
    }


def _curve(rng: Random, peak: int) -> list[int]:
    """A quiet evening with one high minute, in events a minute."""
    before = [60 * rng.randint(peak // 8, peak // 3) for _ in range(rng.randint(2, 4))]
    after = [60 * rng.randint(peak // 4, peak // 2) for _ in range(rng.randint(1, 3))]
    return [*before, 60 * peak, *after]


def _quarters(rng: Random, few: int, many: int) -> float:
    return rng.randint(few, many) / 4


def _hidden_peak(rng: Random) -> Arguments:
    """Writes decide: by records when events are small, by bytes when they are large; one reader polls.

    The need stays away from whole numbers, so that no way of dividing matters.
    """
    while True:
        kib, headroom = rng.choice((_quarters(rng, 1, 2), _quarters(rng, 7, 14))), rng.randint(20, 60)
        peak = rng.randint(2_100, 9_900)
        need = max(peak * kib / 1024, peak / 1000) * (100 + headroom) / 100
        if 0.05 < need % 1 < 0.95:
            return _night(_curve(rng, peak), kib, [LADDER], headroom, rng.randint(2, 11))


def _even(shards: int) -> list[int]:
    """A curve that is the same in every minute: events of 2 KiB for just so many shards."""
    return [60 * 512 * shards] * 3


def _hidden_readers(rng: Random) -> Arguments:
    """Four pollers read more than a shard gives; one or two others have fan-out."""
    names = rng.sample(NAMES, rng.choice((5, 6)))
    fast = [_reader(name, rng.choice((70, 120, 199))) for name in names[4:]]
    slow = [_reader(name, rng.choice((200, 900, 30_000))) for name in names[:4]]
    return _night(_even(rng.randint(2, 9)), 2, rng.sample(fast + slow, len(names)), 0, rng.randint(2, 11))


def _hidden_keeps(rng: Random) -> Arguments:
    return _night(_even(rng.randint(2, 9)), 2, [LADDER, LEDGER], 0, rng.randint(13, 72))


TASK = Task(
    id="size_stream",
    title="Size the stream",
    function="size_stream",
    oracle=size_stream,
    read="course/02-shards.ipynb, “How many shards?”, course/03-consumers.ipynb, “When fan-out pays” and "
    "course/04-retention.ipynb, “Drain the backlog”",
    parts=(
        Cases(
            id="peak",
            points=2,
            says="must size the stream by its highest minute, by bytes and by records",
            visible=(
                _night([60_000, 120_000, 240_000, 90_000], 0.5, [LADDER]),
                _night([60_000, 150_000, 120_000], 1.75, [LADDER], 40),
                _night([1_200, 6_000, 3_000], 0.25, [LADDER]),
                _night([60_000, 240_060, 90_000], 0.25, [LADDER]),
                _night([60_000, 122_940, 90_000], 2, [LADDER], 0),
                _night([0, 0], 1, [LADDER]),
            ),
            hidden=_hidden_peak,
        ),
        Cases(
            id="readers",
            points=2,
            says="must count the readers that poll, and give fan-out to those that can't wait",
            visible=(
                _night(_even(3), 2, [FRAUD, LADDER, LEDGER, _reader("search", 900), _reader("bans", 800)], 0),
                _night([163_860] * 3, 2, [LADDER, LEDGER, _reader("search", 900)], 0),
                _night(
                    _even(4),
                    2,
                    [
                        _reader("ladder", 199),
                        LEDGER,
                        _reader("search", 200),
                        FRAUD,
                        _reader("bans", 800),
                        _reader("live-map", 9_000),
                    ],
                    0,
                ),
            ),
            hidden=_hidden_readers,
        ),
        Cases(
            id="keeps",
            points=1,
            says="must keep the records for twice the longest outage",
            visible=(
                _night(_even(2), 2, [LADDER, LEDGER], 0, 30),
                _night(_even(5), 2, [LADDER], 0, 13),
            ),
            hidden=_hidden_keeps,
        ),
    ),
    misconceptions=(
        Misconception(
            id="average",
            words="You size by the average of the curve. A shard refuses in the second in which too much "
            "comes: the highest minute decides.",
            model=_Size(average=True),
        ),
        Misconception(
            id="no_headroom",
            words="You leave no headroom. Multiply the need by 1 and the percent, before you round up.",
            model=_Size(headroom=False),
        ),
        Misconception(
            id="only_bytes",
            words="You count bytes only. A shard takes 1,000 records a second, however small they are.",
            model=_Size(records=False),
        ),
        Misconception(
            id="rounds_down",
            words="You round down. Part of a shard is a whole one: round up, at the very end.",
            model=_Size(rounds_down=True),
        ),
        Misconception(
            id="writes_only",
            words="You count writes only. All readers that poll share 2 MiB a second of each shard.",
            model=_Size(readers=False),
        ),
        Misconception(
            id="fan_out_shares",
            words="You count readers with fan-out among those that share. Each of them has 2 MiB a second of "
            "each shard for itself.",
            model=_Size(fan_out_reads_too=True),
        ),
        Misconception(
            id="all_poll",
            words="You let everybody poll. A record reaches a poller after about 200 ms: who needs it sooner "
            "has fan-out.",
            model=_Size(all_poll=True),
        ),
        Misconception(
            id="outage_only",
            words="You keep records for the outage alone. A reader that is back needs time to catch up "
            "before they expire: keep them twice as long.",
            model=_Size(outage_only=True),
        ),
    ),
    hints=(
        "Take the highest minute, as events a second. Work out three needs in shards: bytes written, records "
        "written, bytes read by all who poll together.",
        "Readers with within_ms below 200 have fan-out and don't count in the third need. The largest need "
        "× (1 + headroom), rounded up with math.ceil, is the number of shards.",
        "A rate in events a second is max(curve) / 60. In bytes: rate × event_kib / 1024. To read: that × "
        "pollers / 2. To be exact, multiply first and divide once: -(-a // b) rounds up.",
    ),
)
