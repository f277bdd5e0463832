"""Task `replay`: read a window of time again."""

from random import Random

from grader.tasks.declaration import Criterion, Misconception, Runs, Task
from grader.tasks.scenarios.replaying import Replay

LESSON = "course/04-retention.ipynb"


def _replay(rng: Random) -> Replay:
    hours = rng.randint(8, 10)
    first = rng.randint(0, 2) + 0.5
    splits = (rng.randint(3, 4),) if rng.randrange(2) else (rng.randint(2, 3), rng.randint(5, 6))
    last = rng.randint(hours - 3, hours - 2) + 0.5
    pages = rng.choice(((5, 0, 8), (0, 6, 3), (4,)))
    keys, seed = rng.randint(5, 7), rng.randrange(10**6)
    return Replay(hours=hours, keys=keys, splits=splits, first=first, last=last, seed=seed, pages=pages)


TASK = Task(
    id="replay",
    title="Read a window of time again",
    function="replay_window",
    read=f"{LESSON}, “Replay by time”",
    runs=Runs(
        visible=(
            Replay(hours=8, keys=6, splits=(3, 5), first=1.5, last=6.5, seed=2),
            # Short answers, and empty ones.
            Replay(hours=7, keys=5, splits=(3,), first=1.5, last=5.5, seed=3, pages=(4, 0, 3)),
        ),
        hidden=_replay,
        hidden_count=2,
    ),
    parts=(
        Criterion(id="complete", points=2, says="must return every record of the window, on whichever shard"),
        Criterion(id="exact", points=2, says="must return nothing from before or after the window"),
        Criterion(id="once", points=1, says="must return no record twice"),
        Criterion(id="in_order", points=1, says="must return each device's records in the order of writing"),
    ),
    misconceptions=(
        Misconception(
            id="open_only",
            words="Closed shards are left out: records written before a split stay in the parent, which is "
            "read like any other. list_shards gives it without a filter.",
        ),
        Misconception(
            id="one_shard",
            words="Not every shard is read: a window of time lies on all shards that list_shards gives.",
        ),
        Misconception(
            id="one_page",
            words="GetRecords is called once a shard: an answer may hold few of the records, or none, though "
            "more follow. Go on with NextShardIterator.",
        ),
        Misconception(
            id="no_end",
            words="Reading does not stop at the end of the window: AT_TIMESTAMP says where to begin, and "
            "where to stop is told by each record's ApproximateArrivalTimestamp.",
        ),
        Misconception(
            id="no_start",
            words="Records from before the window are returned: begin with AT_TIMESTAMP, or leave out what "
            "came in earlier.",
        ),
        Misconception(
            id="child_first",
            words="A child is read before its parent, so a device's newer records stand before its older "
            "ones.",
        ),
    ),
    hints=(
        "Three steps: which shards are there, closed ones too? In each, from where do you read, and until "
        "when? In which order do you go through the shards?",
        'list_shards without a filter; for each shard an iterator with ShardIteratorType="AT_TIMESTAMP" and '
        "Timestamp=datetime.fromisoformat(start); keep the records whose ApproximateArrivalTimestamp is "
        "before the end.",
        "A closed shard is finished when there is no NextShardIterator, an open one when "
        "MillisBehindLatest is 0. list_shards names a split's parent before its children here; to be sure, "
        "put shards with a listed ParentShardId behind that parent.",
    ),
)
