"""The checks of assignment 08-kcl: a record processor under KCL's protocol, workers, lease tables, choices.

Nothing here needs the lab: the record processor is spoken to as MultiLangDaemon would
(grader.tasks.scenarios.Processing).
"""

from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Any

from grader.tasks.declaration import Arguments, Cases, Choice, Criterion, Misconception, Runs, Task
from grader.tasks.scenarios import Processing

LESSON = "course/08-kcl.ipynb"
THROTTLED = "ThrottlingException"
LOST = "ShutdownException"
END = "SHARD_END"

# --- Task 1: record_processor --------------------------------------------------------------------


def _processing(rng: Random) -> Processing:
    """Bad records, a crash, refusals; every second run loses its lease in the middle, the others end well."""
    batches = [rng.randint(3, 9) for _ in range(rng.randint(4, 6))]
    total = sum(batches)
    # A bad record that is not the last of its batch, so that skipping the rest loses something.
    bad = sorted({1, total - batches[-1], *rng.sample(range(total), 2)})
    crash, busy = rng.sample(range(1, len(batches) - 1), 2)
    if rng.randrange(2):
        lost = len(batches) - 2
        refused = {str(lost): [LOST]}
        return Processing(batches, bad, refused, [0], seed=rng.randint(1, 99))
    refused = {str(busy): [THROTTLED] * rng.randint(1, 4), "end": [THROTTLED] * rng.randint(1, 4)}
    ending = rng.choice(("shard_ended", "shard_ended", "shutdown_requested"))
    return Processing(batches, bad, refused, [crash], ending=ending, seed=rng.randint(1, 99))


RECORD_PROCESSOR = Task(
    id="record_processor",
    title="Write a record processor that loses nothing",
    function="RecordProcessor",
    read=f"{LESSON}, “A record processor” and “When a processor throws”",
    parts=(
        Criterion("nothing_lost", 3, "must store every good record, whatever happens on the way"),
        Criterion("sets_apart", 1, "must set every bad record aside, and store none of them"),
        Criterion(
            "checkpoints", 2, "must checkpoint at the end of each batch, after its work and not before"
        ),
        Criterion("retries", 1, "must try a throttled checkpoint again"),
        Criterion("lease_loss", 1, "must ask for no checkpoint, and raise nothing, once the lease is lost"),
        Criterion(
            "shard_end",
            2,
            "must checkpoint at the end of the shard, and when a shutdown is requested",
            ("shard_end", "shutdown"),
        ),
    ),
    runs=Runs(
        visible=(
            Processing([3, 4, 5], bad=[4], seed=1),
            Processing([3, 6, 4], crashes=[1], seed=2),
            Processing([4, 4, 4], refused={"1": [THROTTLED] * 4, "end": [THROTTLED] * 2}, seed=3),
            Processing([4, 4, 4], refused={"1": [LOST]}, seed=4),
            Processing([4, 4], ending="lease_lost", seed=5),
            Processing([4, 4], refused={"end": [THROTTLED]}, ending="shutdown_requested", seed=6),
        ),
        hidden=_processing,
        hidden_count=6,
        seconds=10.0,
    ),
    misconceptions=(
        Misconception(
            id="skips_the_batch",
            words="An exception leaves `process_records`, so KCL skips the rest of the batch and goes on. "
            "Catch what "
            "a record can raise around that one record.",
        ),
        Misconception(
            id="swallows",
            words="A bad record is passed over in silence: nobody will ever know of it. Set it aside, "
            "with its data.",
        ),
        Misconception(
            id="never_checkpoints",
            words="No checkpoint is made for a batch: after a crash everything since the last one comes "
            "again, from "
            "the beginning of the shard if there was none.",
        ),
        Misconception(
            id="checkpoint_first",
            words="The checkpoint is made before the work: when the worker dies between the two, the next "
            "one begins "
            "after records that nobody has handled. Work first, then checkpoint.",
        ),
        Misconception(
            id="gives_up",
            words="A throttled checkpoint is not tried again. DynamoDB is busy for a moment only: try again.",
        ),
        Misconception(
            id="after_the_loss",
            words="A checkpoint is asked for after the lease was lost: the shard is another worker's, and "
            "it has gone "
            "on from its own place. ShutdownException and lease_lost both say so.",
        ),
        Misconception(
            id="forgets_shard_end",
            words="`shard_ended` makes no checkpoint, so KCL never begins with the child shards.",
        ),
        Misconception(
            id="forgets_shutdown",
            words="`shutdown_requested` makes no checkpoint: it is the processor's last chance to make one.",
        ),
    ),
    hints=(
        "Write `process_records` first: a loop over `process_records_input.records`, with a `try` inside "
        "the loop, "
        "and a checkpoint after it.",
        "Put the checkpoint into a method of its own, with a loop of 5 tries: return when it worked; on "
        '`CheckpointError` go on only if `error.value` is `"ThrottlingException"`.',
        "Call that method at three places: after the loop of `process_records`, in `shard_ended`, and in "
        "`shutdown_requested`. `lease_lost` does nothing.",
    ),
)

# --- Task 2: workers_needed ----------------------------------------------------------------------


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


WORKERS_NEEDED = Task(
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
            words="One worker for each shard is started: a worker may hold many leases, so go by the load.",
            model=lambda shards, shard_kib, worker_kib, standby: shards + standby,
        ),
        Misconception(
            id="no_cap",
            words="More workers than shards are put to work: a lease belongs to one worker at a time, so "
            "those beyond "
            "the shards hold nothing.",
            model=lambda shards, shard_kib, worker_kib, standby: (
                max(1, -(-shards * shard_kib // worker_kib)) + standby
            ),
        ),
        Misconception(
            id="caps_the_standby",
            words="The standbys are capped too: they hold no lease on purpose, and come on top of those "
            "at work.",
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
            words="The load is rounded down: 3.2 workers' worth needs 4.",
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

# --- Tasks 3 and 4: rows of a lease table ----------------------------------------------------------

Row = dict[str, Any]


def _row(
    number: int, owner: str | None, counter: int, checkpoint: str = "4968", parents: Iterable[int] = ()
) -> Row:
    return {
        "leaseKey": _key(number),
        "leaseOwner": owner,
        "leaseCounter": counter,
        "checkpoint": checkpoint,
        "parentShardId": [_key(parent) for parent in parents],
    }


def _key(number: int) -> str:
    return f"shardId-{number:012}"


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
        before.append(_row(number, owner, counter, checkpoint))
        after.append(_row(number, now, counter + step, checkpoint))

    both(keys[0], first, first, rng.randint(1, 9))
    both(keys[1], second, second, 0)
    both(keys[2], second, third, 0)  # just taken over, its counter carried along
    both(keys[3], None, None, 0)
    both(keys[4], first, first, 0, END)
    both(keys[5], rng.choice(workers), rng.choice(workers), 3)
    before.append(_row(keys[6], third, next(count)))
    after.append(_row(keys[7], third, next(count)))
    extra = rng.choice([n for n in range(40) if n not in keys])
    before.append(_row(extra, third, 477))
    after.append(_row(extra, third, 477))
    rng.shuffle(before)
    rng.shuffle(after)
    return before, after


def _hidden_table(rng: Random) -> Arguments:
    while True:
        before, after = _table(rng)
        if _by_place(before, after) != stale_leases(before, after):
            return {"before": before, "after": after}


def _visible_tables() -> tuple[Arguments, ...]:
    """A dead owner of two; one of an owner's two leases; a hand-over, an end and a free one; all mixed."""
    dead = ([_row(9, "worker-2", 12), _row(1, "worker-1", 10), _row(4, "worker-2", 31)],
            [_row(9, "worker-2", 12), _row(1, "worker-1", 14), _row(4, "worker-2", 31)])  # fmt: skip
    one_of_two = ([_row(3, "worker-1", 7), _row(5, "worker-1", 8), _row(6, "worker-2", 2)],
                  [_row(3, "worker-1", 7), _row(5, "worker-1", 12), _row(6, "worker-2", 3)])  # fmt: skip
    changes = ([_row(1, None, 4), _row(2, "worker-2", 9, END), _row(3, "worker-1", 5)],
               [_row(3, "worker-3", 5), _row(2, "worker-2", 9, END), _row(1, None, 4)])  # fmt: skip
    tables = (dead, one_of_two, changes, _table(Random(3)))
    return tuple({"before": before, "after": after} for before, after in tables)


STALE_LEASES = Task(
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
            words="The rows are compared by their place in the lists: the lists may be in different "
            "orders, so compare "
            "rows of the same `leaseKey`.",
            model=_by_place,
        ),
        Misconception(
            id="counter_alone",
            words="The counter alone is compared: a lease with another owner than before has just been "
            "taken.",
            model=_any_same_counter,
        ),
        Misconception(
            id="finished_too",
            words="Leases at SHARD_END are counted: their shard is finished, and nobody needs to renew them.",
            model=_finished_too,
        ),
        Misconception(
            id="free_too",
            words="Leases without an owner are counted: they are free, and nobody is gone.",
            model=_free_too,
        ),
        Misconception(
            id="all_of_the_owner",
            words="Every lease of an owner that is gone is named, finished ones and those that it still "
            "renews included: "
            "judge each lease by its own counter.",
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
        _row(a, owner(), 5, END),
        _row(b, owner(), 6, "4968"),
        _row(c, owner(), 7, rng.choice(("TRIM_HORIZON", "LATEST", "4970"))),
        _row(d, owner(), 8, END),
        _row(numbers[5], owner(), 9, "TRIM_HORIZON", [a]),
        _row(numbers[6], owner(), 3, "TRIM_HORIZON", [b]),
        _row(numbers[7], owner(), 4, "TRIM_HORIZON", [a, c]),
        _row(numbers[8], owner(), 1, "TRIM_HORIZON", [b, c]),
        _row(numbers[9], None, 2, "TRIM_HORIZON", [gone]),
        _row(numbers[10], "worker-1", 2, "TRIM_HORIZON", [c]),
        _row(numbers[11], "worker-1", 2, "4971", [a, d]),
    ]
    rows = rng.sample(rows, len(rows) - rng.randint(0, 1))
    return {"leases": rows}


WAITING_SHARDS = Task(
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
                {"leases": [_row(0, "worker-1", 9, END), _row(1, "worker-2", 8),
                            _row(2, None, 0, "TRIM_HORIZON", [0]), _row(3, None, 0, "TRIM_HORIZON", [1])]},
                {"leases": [_row(4, "worker-1", 9, END), _row(1, "worker-2", 8),
                            _row(6, "worker-1", 0, "TRIM_HORIZON", [4, 1]),
                            _row(8, None, 0, "TRIM_HORIZON", [1, 4]), _row(7, None, 0, "TRIM_HORIZON", [3])]},
                _family(Random(8)),
            ),
            hidden=_family,
        ),
    ),
    misconceptions=(
        Misconception(
            id="missing_waits",
            words="A parent that is not in the table is waited for: it has been finished and removed.",
            model=_missing_waits,
        ),
        Misconception(
            id="first_parent",
            words="Only the first parent is looked at: after a merge there are two.",
            model=_first_parent,
        ),
        Misconception(
            id="one_is_enough",
            words="One finished parent is taken for enough: a merged shard waits for both.",
            model=_all_parents,
        ),
        Misconception(
            id="by_owner",
            words="Leases without an owner are taken for those that wait: who owns a lease says nothing "
            "about its "
            "parents.",
            model=_unowned,
        ),
        Misconception(
            id="every_child",
            words="Every child is named: one whose parents are at SHARD_END may begin.",
            model=_every_child,
        ),
    ),
    hints=(
        "Which keys are in the table and not at SHARD_END? A shard waits when one of its parents is among "
        "them.",
        "Make that a set, and keep the rows whose `parentShardId` shares a key with it; sort at the end.",
    ),
)  # fmt: skip

# --- Task 5: choose --------------------------------------------------------------------------------

CHOOSE = Task(
    id="choose",
    title="Choose",
    read=f"{LESSON}, “When a processor throws” and “Three workers, two shards”",
    parts=(
        Choice(
            id="on_error",
            points=1,
            says="It must do by itself what the payments need",
            name="on_error",
            options={
                "a": "a KCL application whose record processor lets the exception out",
                "b": "a Lambda function that lets the exception out, with the default settings",
                "c": "a KCL application that makes the checkpoint before it calls the bank",
                "d": "a Lambda function with MaximumRetryAttempts 0",
            },
            right=("b",),
            why={
                "a": "KCL skips the rest of the batch when a processor throws: payments would be lost.",
                "c": "A checkpoint before the work loses what was under way when the call fails or the "
                "worker dies.",
                "d": "Without a retry the batch is given up at the first failure.",
            },
        ),
        Choice(
            id="more_throughput",
            points=1,
            says="It must let more workers work on the same stream",
            name="more_throughput",
            options={
                "a": "6 more workers under the same application name",
                "b": "6 more workers under another application name",
                "c": "more shards, and more workers",
                "d": "a shorter failoverTimeMillis",
            },
            right=("c",),
            why={
                "a": "Six leases are held by six workers already; the others would be standbys.",
                "b": "Another name is another application: it reads everything a second time, and "
                "relieves nobody.",
                "d": "That only makes a dead worker's shards change hands sooner.",
            },
        ),
    ),
    hints=(
        "For the first: what does each of the two do with a batch when the code raises?",
        "For the second: how many workers of one application may read a shard at the same time?",
    ),
)

TASKS = [RECORD_PROCESSOR, WORKERS_NEEDED, STALE_LEASES, WAITING_SHARDS, CHOOSE]
