"""Task `waiting_shards`: find the shards that must wait."""

from collections.abc import Sequence
from random import Random

from grader.tasks.declaration import Arguments, Cases, Misconception, Task

from .leases import END, Row, made

LESSON = "course/08-kcl.ipynb"


def waiting_shards(leases: Sequence[Row]) -> list[str]:
    """Leases with a parent in the table that is not at SHARD_END."""
    unfinished = {row["leaseKey"] for row in leases if row["checkpoint"] != END}
    return sorted(row["leaseKey"] for row in leases if unfinished & set(row["parentShardId"]))


def _missing_waits(leases: Sequence[Row]) -> list[str]:
    done = {row["leaseKey"] for row in leases if row["checkpoint"] == END}
    return sorted(row["leaseKey"] for row in leases if set(row["parentShardId"]) - done)


def _first_parent(leases: Sequence[Row]) -> list[str]:
    unfinished = {row["leaseKey"] for row in leases if row["checkpoint"] != END}
    return sorted(row["leaseKey"] for row in leases if unfinished & set(row["parentShardId"][:1]))


def _all_parents(leases: Sequence[Row]) -> list[str]:
    unfinished = {row["leaseKey"] for row in leases if row["checkpoint"] != END}
    return sorted(
        row["leaseKey"] for row in leases if row["parentShardId"] and set(row["parentShardId"]) <= unfinished
    )


def _unowned(leases: Sequence[Row]) -> list[str]:
    return sorted(row["leaseKey"] for row in leases if row["parentShardId"] and row["leaseOwner"] is None)


def _every_child(leases: Sequence[Row]) -> list[str]:
    return sorted(row["leaseKey"] for row in leases if row["parentShardId"])


def _family(rng: Random) -> Arguments:
    """Splits and merges at all stages: parents read, finished, removed."""
    numbers = rng.sample(range(30), 12)
    owner = lambda: rng.choice(("worker-1", "worker-2", None))  # noqa: E731
    a, b, c, d, gone = numbers[:5]
    rows = [
        made(a, owner(), 5, END),
        made(b, owner(), 6, "4968"),
        made(c, owner(), 7, rng.choice(("TRIM_HORIZON", "LATEST", "4970"))),
        made(d, owner(), 8, END),
        made(numbers[5], owner(), 9, "TRIM_HORIZON", [a]),
        made(numbers[6], owner(), 3, "TRIM_HORIZON", [b]),
        made(numbers[7], owner(), 4, "TRIM_HORIZON", [a, c]),
        made(numbers[8], owner(), 1, "TRIM_HORIZON", [b, c]),
        made(numbers[9], None, 2, "TRIM_HORIZON", [gone]),
        made(numbers[10], "worker-1", 2, "TRIM_HORIZON", [c]),
        made(numbers[11], "worker-1", 2, "4971", [a, d]),
    ]
    rows = rng.sample(rows, len(rows) - rng.randint(0, 1))
    return {"leases": rows}


TASK = Task(
    id="waiting_shards",
    title="Find the shards that must wait",
    function="waiting_shards",
    oracle=waiting_shards,
    read=f"{LESSON}, “A reshard under load”",
    parts=(
        Cases(
            id="all",
            points=3,
            says="must name the shards of which a parent is still being read, and no others",
            visible=(
                {"leases": [made(0, "worker-1", 9, END), made(1, "worker-2", 8),
                            made(2, None, 0, "TRIM_HORIZON", [0]), made(3, None, 0, "TRIM_HORIZON", [1])]},
                {"leases": [made(4, "worker-1", 9, END), made(1, "worker-2", 8),
                            made(6, "worker-1", 0, "TRIM_HORIZON", [4, 1]),
                            made(8, None, 0, "TRIM_HORIZON", [1, 4]), made(7, None, 0, "TRIM_HORIZON", [3])]},
                _family(Random(8)),
            ),
            hidden=_family,
        ),
    ),
    misconceptions=(
        Misconception(
            id="missing_waits",
            words="You wait for a parent that is not in the table. It was finished and removed.",
            model=_missing_waits,
        ),
        Misconception(
            id="first_parent",
            words="You look only at the first parent. After a merge there are two.",
            model=_first_parent,
        ),
        Misconception(
            id="one_is_enough",
            words="You stop waiting when one parent is finished. A merged shard waits for both.",
            model=_all_parents,
        ),
        Misconception(
            id="by_owner",
            words="You name the leases without an owner. Who owns a lease says nothing about its parents.",
            model=_unowned,
        ),
        Misconception(
            id="every_child",
            words="You name every child. A child may begin when its parents are at SHARD_END.",
            model=_every_child,
        ),
    ),
    hints=(
        "Which keys are in the table and not at SHARD_END? A shard waits when one of its parents is among "
        "them.",
        "Make that a set, and keep the rows whose `parentShardId` shares a key with it; sort at the end.",
    ),
)  # fmt: skip
