"""Task `workers_needed`: work out how many workers to start."""

from collections.abc import Callable
from random import Random

from grader.tasks.declaration import Arguments, Cases, Misconception, Task

LESSON = "course/08-kcl.ipynb"


def workers_needed(shards: int, shard_kib: int, worker_kib: int, standby: int) -> int:
    """Workers for the load, at least 1, at most one for each shard, and the standbys on top."""
    return min(max(1, -(-shards * shard_kib // worker_kib)), shards) + standby


def _fleet(shards: int, shard_kib: int, worker_kib: int, standby: int) -> Arguments:
    return {"shards": shards, "shard_kib": shard_kib, "worker_kib": worker_kib, "standby": standby}


def _clear(draw: Callable[[Random], Arguments]) -> Callable[[Random], Arguments]:
    """Draw until the load is no whole number of workers: rounding must matter."""

    def hidden(rng: Random) -> Arguments:
        while True:
            found = draw(rng)
            if found["shards"] * found["shard_kib"] % found["worker_kib"]:
                return found

    return hidden


def _room(rng: Random) -> Arguments:
    """Fewer workers than shards are enough, and more than one."""
    while True:
        found = _fleet(rng.randint(5, 60), rng.randint(50, 900), rng.randint(700, 3000), 0)
        needed = -(-found["shards"] * found["shard_kib"] // found["worker_kib"])
        if 2 <= needed < found["shards"] - 1:
            return found


def _crowded(rng: Random) -> Arguments:
    """The load asks for more workers than there are shards; at times for less than one."""
    if rng.randrange(4) == 0:
        return _fleet(rng.randint(2, 9), 0, rng.randint(500, 2000), 0)
    worker = rng.randint(300, 900)
    return _fleet(rng.randint(2, 30), worker + rng.randint(50, 700), worker, 0)


def _with_standby(rng: Random) -> Arguments:
    base = dict(rng.choice((_room, _crowded))(rng))
    return {**base, "standby": rng.randint(1, 4)}


TASK = Task(
    id="workers_needed",
    title="Work out how many workers to start",
    function="workers_needed",
    oracle=workers_needed,
    read=f"{LESSON}, “How many workers?”",
    parts=(
        Cases(
            id="load",
            points=2,
            says="must be right where fewer workers than shards are enough",
            visible=(_fleet(12, 400, 1500, 0), _fleet(30, 310, 1000, 0), _fleet(8, 450, 1200, 0)),
            hidden=_clear(_room),
        ),
        Cases(
            id="cap",
            points=1,
            says="must keep between 1 worker and one for each shard",
            visible=(_fleet(4, 900, 500, 0), _fleet(3, 0, 1000, 0), _fleet(10, 700, 600, 0)),
            hidden=_crowded,
        ),
        Cases(
            id="standby",
            points=1,
            says="must add the standbys to those at work",
            visible=(_fleet(12, 400, 1500, 2), _fleet(4, 900, 500, 3)),
            hidden=_with_standby,
        ),
    ),
    misconceptions=(
        Misconception(
            id="one_each",
            words="You start one worker for each shard. A worker may hold many leases, so go by the load.",
            model=lambda shards, shard_kib, worker_kib, standby: shards + standby,
        ),
        Misconception(
            id="no_cap",
            words="You put more workers than shards to work. A lease belongs to one worker at a time, so "
            "the others hold nothing.",
            model=lambda shards, shard_kib, worker_kib, standby: (
                max(1, -(-shards * shard_kib // worker_kib)) + standby
            ),
        ),
        Misconception(
            id="caps_the_standby",
            words="You cap the standbys too. They hold no lease on purpose, and are added to those at work.",
            model=lambda shards, shard_kib, worker_kib, standby: min(
                max(1, -(-shards * shard_kib // worker_kib)) + standby, shards
            ),
        ),
        Misconception(
            id="forgets_standby",
            words="The standbys are left out.",
            model=lambda shards, shard_kib, worker_kib, standby: workers_needed(
                shards, shard_kib, worker_kib, 0
            ),
        ),
        Misconception(
            id="rounds_down",
            words="You round the load down. A load for 3.2 workers needs 4.",
            model=lambda shards, shard_kib, worker_kib, standby: (
                min(max(1, shards * shard_kib // worker_kib), shards) + standby
            ),
        ),
        Misconception(
            id="no_minimum",
            words="A stream without traffic still needs 1 worker, or nobody reads what comes.",
            model=lambda shards, shard_kib, worker_kib, standby: (
                min(-(-shards * shard_kib // worker_kib), shards) + standby
            ),
        ),
    ),
    hints=(
        "First the workers that the load needs, rounded up in whole numbers; then `min` and `max`; the "
        "standbys last.",
        "`-(-a // b)` is a / b rounded up. Keep it between 1 and `shards`, then add `standby`.",
    ),
)
