"""Task `stale_leases`: find the leases whose owner is gone."""

from collections.abc import Callable, Sequence
from random import Random

from grader.tasks.declaration import Arguments, Cases, Misconception, Task

from .leases import END, Row, made

LESSON = "course/08-kcl.ipynb"


def _by_key(rows: Sequence[Row]) -> dict[str, Row]:
    return {row["leaseKey"]: row for row in rows}


def _stale(
    before: Sequence[Row], after: Sequence[Row], wrong: Callable[[Row | None, Row], bool]
) -> list[str]:
    earlier = _by_key(before)
    return sorted(row["leaseKey"] for row in after if wrong(earlier.get(row["leaseKey"]), row))


def _is_stale(old: Row | None, row: Row) -> bool:
    if old is None or row["leaseOwner"] is None or row["checkpoint"] == END:
        return False
    return bool((old["leaseOwner"], old["leaseCounter"]) == (row["leaseOwner"], row["leaseCounter"]))


def stale_leases(before: Sequence[Row], after: Sequence[Row]) -> list[str]:
    """Leases with the same owner and counter both times; free and finished ones are not stale."""
    return _stale(before, after, _is_stale)


def _same_counter(old: Row | None, row: Row) -> bool:
    return old is not None and bool(old["leaseCounter"] == row["leaseCounter"])


def _by_place(before: Sequence[Row], after: Sequence[Row]) -> list[str]:
    pairs = zip(before, after, strict=False)
    return sorted(row["leaseKey"] for old, row in pairs if _is_stale(old, row))


def _any_same_counter(before: Sequence[Row], after: Sequence[Row]) -> list[str]:
    """The finished counted as well, and who owned it before not asked."""
    return _stale(
        before, after, lambda old, row: _same_counter(old, row) and row["leaseOwner"] is not None
        and row["checkpoint"] != END,
    )  # fmt: skip


def _finished_too(before: Sequence[Row], after: Sequence[Row]) -> list[str]:
    return _stale(
        before, after, lambda old, row: _same_counter(old, row) and row["leaseOwner"] is not None
        and old is not None and old["leaseOwner"] == row["leaseOwner"],
    )  # fmt: skip


def _free_too(before: Sequence[Row], after: Sequence[Row]) -> list[str]:
    return _stale(
        before, after, lambda old, row: _same_counter(old, row) and row["checkpoint"] != END
        and old is not None and old["leaseOwner"] == row["leaseOwner"],
    )  # fmt: skip


def _owner_gone(before: Sequence[Row], after: Sequence[Row]) -> list[str]:
    """Every lease of an owner of which one lease is stale."""
    gone = {_by_key(after)[key]["leaseOwner"] for key in stale_leases(before, after)}
    return sorted(row["leaseKey"] for row in after if row["leaseOwner"] in gone)


def _table(rng: Random) -> tuple[list[Row], list[Row]]:
    """A table twice: living, dead, taken over, free, finished, new and removed leases, in any order."""
    keys = rng.sample(range(40), 8)
    workers = [f"worker-{n}" for n in rng.sample(range(1, 9), 3)]
    count = iter(rng.sample(range(5, 400), 8))
    first, second, third = workers
    before, after = [], []

    def both(number: int, owner: str | None, now: str | None, step: int, checkpoint: str = "4968") -> None:
        counter = next(count)
        before.append(made(number, owner, counter, checkpoint))
        after.append(made(number, now, counter + step, checkpoint))

    both(keys[0], first, first, rng.randint(1, 9))
    both(keys[1], second, second, 0)
    both(keys[2], second, third, 0)  # just taken over, its counter carried along
    both(keys[3], None, None, 0)
    both(keys[4], first, first, 0, END)
    both(keys[5], rng.choice(workers), rng.choice(workers), 3)
    before.append(made(keys[6], third, next(count)))
    after.append(made(keys[7], third, next(count)))
    extra = rng.choice([n for n in range(40) if n not in keys])
    before.append(made(extra, third, 477))
    after.append(made(extra, third, 477))
    rng.shuffle(before)
    rng.shuffle(after)
    return before, after


def _hidden_table(rng: Random) -> Arguments:
    while True:
        before, after = _table(rng)
        if _by_place(before, after) != stale_leases(before, after):
            return {"before": before, "after": after}


def _visible_tables() -> tuple[Arguments, ...]:
    """A dead owner; one of an owner's two leases; a hand-over, an end, a free one; one behind; mixed"""
    dead = ([made(9, "worker-2", 12), made(1, "worker-1", 10), made(4, "worker-2", 31)],
            [made(9, "worker-2", 12), made(1, "worker-1", 14), made(4, "worker-2", 31)])  # fmt: skip
    one_of_two = ([made(3, "worker-1", 7), made(5, "worker-1", 8), made(6, "worker-2", 2)],
                  [made(3, "worker-1", 7), made(5, "worker-1", 12), made(6, "worker-2", 3)])  # fmt: skip
    changes = ([made(1, None, 4), made(2, "worker-2", 9, END), made(3, "worker-1", 5)],
               [made(3, "worker-3", 5), made(2, "worker-2", 9, END), made(1, None, 4)])  # fmt: skip
    # A stale one behind those that are none.
    behind = ([made(7, "worker-1", 3), made(8, None, 6)],
              [made(2, "worker-2", 1), made(8, None, 6), made(7, "worker-1", 3)])  # fmt: skip
    tables = (dead, one_of_two, changes, behind, _table(Random(3)))
    return tuple({"before": before, "after": after} for before, after in tables)


TASK = Task(
    id="stale_leases",
    title="Find the leases whose owner is gone",
    function="stale_leases",
    oracle=stale_leases,
    read=f"{LESSON}, “The lease table”",
    parts=(
        Cases(
            id="all",
            points=3,
            says="must name the leases that kept their owner and their counter, and no others",
            visible=_visible_tables(),
            hidden=_hidden_table,
        ),
    ),
    misconceptions=(
        Misconception(
            id="by_place",
            words="You compare the rows by their place in the lists. The lists may be in different orders. "
            "Compare rows with the same `leaseKey`.",
            model=_by_place,
        ),
        Misconception(
            id="counter_alone",
            words="You compare only the counter. A lease with another owner than before has just been taken.",
            model=_any_same_counter,
        ),
        Misconception(
            id="finished_too",
            words="You count leases at SHARD_END. Their shard is finished, and nobody needs to renew them.",
            model=_finished_too,
        ),
        Misconception(
            id="free_too",
            words="You count leases without an owner. They are free: no owner is gone.",
            model=_free_too,
        ),
        Misconception(
            id="all_of_the_owner",
            words="You name every lease of an owner that is gone. Some are finished, and some it may still "
            "renew. Judge each lease by its own counter.",
            model=_owner_gone,
        ),
    ),
    hints=(
        "Make a dictionary of the first list, by `leaseKey`, and go through the second.",
        "Skip rows that the first list does not have, that have no owner, or that are at SHARD_END; keep "
        "those with the "
        "same owner and the same counter.",
    ),
)
