"""Task `drain_time`: say when a backlog is worked off (fact reads.drain)."""

from collections.abc import Callable
from random import Random

from grader.tasks.declaration import Arguments, Cases, Misconception, Task

LESSON = "course/04-retention.ipynb"


def _drained(backlog_gib: int, rate: int, unit: int = 3600, gib: int = 1024) -> int:
    """How many units of time a backlog takes at a rate in MiB a second, rounded up."""
    return -(-backlog_gib * gib // (rate * unit))


def drain_time(backlog_gib: int, write_mib: int, read_mib: int) -> int | None:
    """Whole hours until a backlog is worked off, rounded up; None when it never is."""
    if backlog_gib == 0:
        return 0
    if read_mib <= write_mib:
        return None
    return _drained(backlog_gib, read_mib - write_mib)


def _or_right(model: Callable[[int, int, int], int]) -> Callable[..., int | None]:
    """A wrong time where there is one; the right answer in the other two cases."""

    def wrong(backlog_gib: int, write_mib: int, read_mib: int) -> int | None:
        right = drain_time(backlog_gib, write_mib, read_mib)
        return right if not right else model(backlog_gib, write_mib, read_mib)

    return wrong


def _never_none(backlog_gib: int, write_mib: int, read_mib: int) -> int:
    difference = read_mib - write_mib
    return _drained(backlog_gib, difference) if difference else 0


def _none_first(backlog_gib: int, write_mib: int, read_mib: int) -> int | None:
    return None if read_mib <= write_mib else _drained(backlog_gib, read_mib - write_mib)


def _drain(backlog_gib: int, write_mib: int, read_mib: int) -> Arguments:
    return {"backlog_gib": backlog_gib, "write_mib": write_mib, "read_mib": read_mib}


def _is_clear(backlog_gib: int, rate: int) -> bool:
    """Whether the hours lie well between two whole numbers, so that nothing hangs on how one rounds."""
    part = backlog_gib * 1024 / (rate * 3600) % 1
    return 0.1 < part < 0.9


def _draining(rng: Random) -> Arguments:
    while True:
        write = rng.randint(2, 9)
        read = write + rng.randint(1, 6)
        backlog = rng.randint(40, 400)
        if _is_clear(backlog, read - write) and _is_clear(backlog, read):
            return _drain(backlog, write, read)


def _never(rng: Random) -> Arguments:
    write = rng.randint(3, 9)
    return _drain(rng.choice((0, rng.randint(20, 200))), write, write - rng.choice((0, 1, 2)))


TASK = Task(
    id="drain_time",
    title="Say when a backlog is worked off",
    function="drain_time",
    oracle=drain_time,
    read=f"{LESSON}, “Drain the backlog”",
    parts=(
        Cases(
            id="draining",
            points=2,
            says="must be right where the readers are faster than the writers",
            visible=(
                _drain(50, 3, 5),
                _drain(120, 6, 8),
                _drain(300, 2, 3),
                _drain(90, 4, 9),
                _drain(225, 3, 5),
                _drain(109, 4, 5),
            ),
            hidden=_draining,
        ),
        Cases(
            id="never",
            points=2,
            says="must tell readers that never catch up, and a backlog of nothing",
            visible=(_drain(80, 5, 5), _drain(80, 5, 3), _drain(0, 4, 6), _drain(0, 4, 4), _drain(0, 6, 2)),
            hidden=_never,
        ),
    ),
    misconceptions=(
        Misconception(
            id="ignores_writes",
            words="The backlog is divided by the reading alone. New records come in all the time: only "
            "the difference "
            "works off the backlog.",
            model=_or_right(lambda backlog, write, read: _drained(backlog, read)),
        ),
        Misconception(
            id="adds",
            words="Reading and writing are added. What is written makes the backlog larger: take the "
            "difference.",
            model=_or_right(lambda backlog, write, read: _drained(backlog, read + write)),
        ),
        Misconception(
            id="rounds_down",
            words="The hours are rounded down: in the last of them there is still something left. Round up.",
            model=_or_right(lambda backlog, write, read: backlog * 1024 // ((read - write) * 3600)),
        ),
        Misconception(
            id="seconds",
            words="The answer is in seconds: an hour has 3,600.",
            model=_or_right(lambda backlog, write, read: _drained(backlog, read - write, 1)),
        ),
        Misconception(
            id="minutes",
            words="The answer is in minutes: an hour has 60.",
            model=_or_right(lambda backlog, write, read: _drained(backlog, read - write, 60)),
        ),
        Misconception(
            id="forgets_gib",
            words="GiB are divided by MiB: a GiB has 1,024 MiB.",
            model=_or_right(lambda backlog, write, read: _drained(backlog, read - write, 3600, 1)),
        ),
        Misconception(
            id="never_none",
            words="Readers that are not faster than the writers get a number. They never catch up: "
            "return None.",
            model=_never_none,
        ),
        Misconception(
            id="none_first",
            words="A backlog of nothing gets None when the readers are slow. There is nothing to catch "
            "up with: "
            "return 0.",
            model=_none_first,
        ),
    ),
    hints=(
        "Three cases. Is there a backlog at all? Do the readers ever catch up? If they do: how fast does "
        "the backlog "
        "shrink?",
        "The backlog shrinks by read_mib - write_mib MiB a second. It has backlog_gib * 1024 MiB. Turn "
        "seconds into "
        "hours, and round up: -(-a // b).",
    ),
)
