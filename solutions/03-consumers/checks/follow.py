"""Task `follow`: read on across a split and a merge."""

from random import Random

from grader.tasks.declaration import Criterion, Misconception, Runs, Task
from grader.tasks.scenarios import Following

LESSON = "course/03-consumers.ipynb"

PLAIN = (("write",), ("split", "write"), ("write", "merge", "write"))


def _following(rng: Random) -> Following:
    """A split and a merge in any order of the readings; short, empty and throttled answers by turns."""
    rounds = rng.choice(
        (
            (("write",), ("write", "split", "write"), ("merge", "write"), ("write",)),
            (("write", "split"), ("write",), ("write", "merge", "write"), ("split", "write")),
            (("write", "merge"), ("write", "split", "write"), ("write",), ("merge", "write")),
        )
    )
    trouble = rng.choice(("pages", "refused", "both"))
    return Following(
        rounds=rounds,
        keys=rng.randint(5, 7),
        each=2,
        seed=rng.randrange(10**6),
        pages=rng.choice(((3, 0, 2), (0, 4), (2, 0, 0, 5))) if trouble != "refused" else (),
        refused=rng.choice(((1, 2, 4), (2, 3, 5), (1, 3))) if trouble != "pages" else (),
    )


TASK = Task(
    id="follow",
    title="Read on across a split and a merge",
    function="read_new",
    read=f"{LESSON}, “The loop that never loses a record”",
    runs=Runs(
        visible=(
            Following(rounds=PLAIN, keys=6, each=2, seed=2),
            # Short answers, and empty ones.
            Following(rounds=PLAIN, keys=5, each=2, seed=3, pages=(3, 0, 2)),
            # Throttled calls.
            Following(rounds=PLAIN, keys=5, each=1, seed=4, refused=(1, 2, 4)),
        ),
        hidden=_following,
        hidden_count=3,
    ),
    parts=(
        Criterion(id="complete", points=3, says="must return every record, on whichever shard it was"),
        Criterion(id="once", points=2, says="must return no record twice"),
        Criterion(id="in_order", points=2, says="must return each device's records in the order of writing"),
    ),
    misconceptions=(
        Misconception(
            id="open_only",
            words="Closed shards are left out: what was written before a split or a merge stays in the "
            "parent, which is read to its end like any other. list_shards gives it without a filter.",
        ),
        Misconception(
            id="one_shard",
            words="Not every shard is read: a stream's records lie on all the shards that list_shards gives.",
        ),
        Misconception(
            id="from_now_on",
            words="A shard that is read for the first time is begun at LATEST, behind what it holds by then. "
            "Begin a new shard at TRIM_HORIZON.",
        ),
        Misconception(
            id="one_page",
            words="An answer is taken for all that is there: it may hold few records, or none, though more "
            "follow. Go on with NextShardIterator until MillisBehindLatest is 0, or there is no next one.",
        ),
        Misconception(
            id="gives_up",
            words="A throttled call is taken for the end of the shard. It was refused, and nothing was read: "
            "ask again with the same iterator.",
        ),
        Misconception(
            id="begins_anew",
            words="Each call begins at the oldest record again: go on behind the place that the call before "
            "has returned.",
        ),
        Misconception(
            id="at_the_last",
            words="The last record of the call before comes again: AT_SEQUENCE_NUMBER begins with that "
            "record, AFTER_SEQUENCE_NUMBER behind it.",
        ),
        Misconception(
            id="child_first",
            words="A child is read before its parents, so a device's newer records stand before its older "
            "ones.",
        ),
    ),
    hints=(
        "Three questions for each shard: where does it begin, the first time and later? When is it read up "
        "to now? Which shards come before it?",
        "Keep the last sequence number of each shard in `places`. A shard that is not in it begins at "
        'TRIM_HORIZON; another one with ShardIteratorType="AFTER_SEQUENCE_NUMBER" and '
        "StartingSequenceNumber. Go through all shards in the order of their ids: parents first.",
        "The loop goes on as long as there is an iterator and `behind` is not 0. get_records is in a `try`; "
        "on kinesis.exceptions.ProvisionedThroughputExceededException go round again with the same iterator; "
        'otherwise keep the records, and take answer.get("NextShardIterator") and '
        'answer["MillisBehindLatest"].',
    ),
)
