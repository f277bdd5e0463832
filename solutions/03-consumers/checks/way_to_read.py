"""Task `way_to_read`: choose shared reads or fan-out, by numbers."""

from collections.abc import Callable
from random import Random
from typing import Any

from grader.tasks.compare import Close
from grader.tasks.declaration import Arguments, Cases, Misconception, Task, Value
from lab.rules.quotas import SHARD_READ_CALLS_PER_SECOND, SHARD_READ_KIB_PER_SECOND

LESSON = "course/03-consumers.ipynb"

FAN_OUT_MS = 70


def _way(
    applications: int,
    kib: int,
    poll_ms: int,
    delay_ms: int,
    *,
    calls: bool = True,
    all_bytes: bool = True,
    late: float = 0.5,
    share: bool = True,
) -> dict[str, Any]:
    reads = (applications if share else 1) * 1000 / poll_ms
    fits = not calls or reads <= SHARD_READ_CALLS_PER_SECOND
    fits &= (applications if all_bytes else 1) * kib <= SHARD_READ_KIB_PER_SECOND
    if fits and poll_ms * late <= delay_ms:
        return {"way": "shared", "reads": reads, "late_ms": poll_ms * late}
    return {"way": "fan-out", "reads": 0, "late_ms": FAN_OUT_MS}


def way_to_read(applications: int, kib: int, poll_ms: int, delay_ms: int) -> dict[str, Any]:
    """Polling if calls, bytes and delay fit, otherwise fan-out."""
    return _way(applications, kib, poll_ms, delay_ms)


def _with(**how: Any) -> Callable[..., dict[str, Any]]:
    def model(applications: int, kib: int, poll_ms: int, delay_ms: int) -> dict[str, Any]:
        return _way(applications, kib, poll_ms, delay_ms, **how)

    return model


def _always_shared(applications: int, kib: int, poll_ms: int, delay_ms: int) -> dict[str, Any]:
    return {"way": "shared", "reads": applications * 1000 / poll_ms, "late_ms": poll_ms / 2}


def _case(applications: int, kib: int, poll_ms: int, delay_ms: int) -> Arguments:
    return {"applications": applications, "kib": kib, "poll_ms": poll_ms, "delay_ms": delay_ms}


def _fits(rng: Random) -> Arguments:
    """Polling does it: calls and bytes fit, and the delay is not near its edge."""
    applications = rng.randint(1, 4)
    poll_ms = rng.choice((1000, 1250, 2000, 2500))
    return _case(applications, rng.randint(50, 1900 // applications), poll_ms, rng.randint(1400, 3000))


def _calls(rng: Random) -> Arguments:
    """Too many calls, and nothing else is wrong; every third case is well."""
    if rng.randrange(3) == 0:
        return _fits(rng)
    applications = rng.randint(3, 9)
    poll_ms = rng.choice((200, 250, 400, 500)) if applications < 6 else rng.choice((500, 1000))
    return _case(applications, rng.randint(20, 150), poll_ms, rng.randint(600, 900))


def _bytes(rng: Random) -> Arguments:
    """Each application alone could read the shard, all together can't; every third case is well."""
    if rng.randrange(3) == 0:
        return _fits(rng)
    applications = rng.randint(3, 5)
    return _case(applications, rng.randint(2200 // applications + 1, 1000), 1000, rng.randint(600, 2000))


def _delay(rng: Random) -> Arguments:
    """Half of the poll is well beside the delay that is allowed; a whole poll may be on its other side."""
    poll_ms = rng.choice((400, 500, 1000, 2000))
    delay_ms = rng.choice((poll_ms * 3 // 10, poll_ms * 7 // 10, poll_ms * 7 // 10))
    return _case(1, rng.randint(50, 900), poll_ms, max(delay_ms, 100))


def _reads(applications: int, shards: int, poll_ms: int) -> int:
    return applications * shards * 60_000 // poll_ms


def _own(rng: Random) -> Arguments:
    return {
        "applications": rng.randint(2, 5),
        "shards": rng.randint(3, 30),
        "poll_ms": rng.choice((1000, 1200, 1500, 2000, 2500, 3000)),
    }


TASK = Task(
    id="way_to_read",
    title="Choose shared reads or fan-out, by numbers",
    function="way_to_read",
    oracle=way_to_read,
    compare=Close(relative=0.0, absolute=0.001),
    read=f"{LESSON}, “Five reads a second, for all” and “When fan-out pays”",
    parts=(
        Cases(
            id="calls",
            points=2,
            says="must count the calls of all who poll a shard",
            visible=(
                _case(2, 300, 500, 400),
                _case(6, 100, 1000, 800),
                _case(1, 200, 200, 150),
                _case(3, 200, 1250, 1500),
            ),
            hidden=_calls,
        ),
        Cases(
            id="bytes",
            points=2,
            says="must count the bytes for all who poll a shard",
            visible=(
                _case(3, 900, 1000, 800),
                _case(2, 1000, 1000, 800),
                _case(4, 512, 2000, 3000),
                _case(3, 683, 1000, 800),
            ),
            hidden=_bytes,
        ),
        Cases(
            id="delay",
            points=1,
            says="must compare half of a poll's time with the delay that is allowed",
            visible=(
                _case(1, 500, 1000, 300),
                _case(1, 500, 1000, 700),
                _case(1, 500, 1000, 400),
                _case(1, 100, 500, 250),
                _case(1, 100, 501, 250),
                _case(1, 100, 501, 300),
            ),
            hidden=_delay,
        ),
        Value(
            id="own_reads",
            points=1,
            says="it must be the calls of GetRecords a minute for what `given` describes",
            name="my_reads",
            unit="calls a minute",
            lowest=1,
            highest=100_000,
            draw=_own,
            oracle=_reads,
            models={
                "forgets_the_others": lambda applications, shards, poll_ms: _reads(1, shards, poll_ms),
                "one_shard": lambda applications, shards, poll_ms: _reads(applications, 1, poll_ms),
                "a_second": lambda applications, shards, poll_ms: applications * shards * 1000 / poll_ms,
            },
        ),
    ),
    misconceptions=(
        Misconception(
            id="forgets_the_others",
            words="One application's calls are counted: all who poll a shard share its five calls a second.",
            model=_with(share=False),
        ),
        Misconception(
            id="bytes_for_each",
            words="Each application is given 2 MiB a second of its own: all who poll share them. With "
            "fan-out each has them for itself.",
            model=_with(all_bytes=False),
        ),
        Misconception(
            id="no_calls",
            words="The calls are not counted: a shard answers five a second, to all who poll it together.",
            model=_with(calls=False),
        ),
        Misconception(
            id="whole_poll",
            words="The whole time between two polls is taken for the delay: that is the worst case. On "
            "average a record waits half of it.",
            model=_with(late=1.0),
        ),
        Misconception(
            id="always_shared",
            words="Polling is chosen always: where calls, bytes or delay don't fit, fan-out is left.",
            model=_always_shared,
        ),
        Misconception(
            id="one_shard",
            words="The calls on one shard are counted: each application polls every shard.",
        ),
        Misconception(
            id="a_second",
            words="The calls of a second are counted, and a minute is asked for.",
        ),
    ),
    hints=(
        "First the calls on a shard in a second, of all applications together. Then the bytes, for all of "
        "them together too. Then the delay. One that doesn't fit decides.",
        "One application calls 1000 / poll_ms times a second; the calls of all must be at most 5. All of "
        "them together read applications * kib, at most 2048, and half of poll_ms is at most delay_ms. For "
        "`my_reads`: a minute has 60_000 milliseconds, and each application polls each shard.",
    ),
)
