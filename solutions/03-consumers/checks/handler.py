"""Task `handler`: write a Lambda handler that says where it failed."""

from random import Random

from grader.tasks.declaration import Criterion, Misconception, Runs, Task
from grader.tasks.scenarios import Invoking

LESSON = "course/03-consumers.ipynb"


def _invoking(rng: Random) -> Invoking:
    """Damaged records and a busy database, in the middle of batches."""
    batches = [rng.randint(5, 9) for _ in range(rng.randint(3, 4))]
    starts = [sum(batches[:place]) for place in range(len(batches))]
    middles = [start + rng.randint(1, size - 2) for start, size in zip(starts, batches, strict=True)]
    damaged, busy, *others = rng.sample(middles, len(middles))
    more = {str(place): rng.randint(1, 2) for place in others[:1]}
    return Invoking(batches, [damaged], {str(busy): rng.randint(1, 2), **more}, seed=rng.randint(1, 99))


TASK = Task(
    id="handler",
    title="Write a Lambda handler that says where it failed",
    function="make_handler",
    read=f"{LESSON}, “Way out 2: say where it failed”",
    parts=(
        Criterion("nothing_lost", 2, "must see to it that every good record is stored in the end"),
        Criterion("reports", 1, "must report every damaged record, so that the destination is told"),
        Criterion("once", 2, "must not have a record stored again that was stored before a failure"),
        Criterion("in_order", 1, "must store the records in the order of the shard"),
    ),
    runs=Runs(
        visible=(
            Invoking([3, 4], seed=1),
            Invoking([4, 8, 4], damaged=[6], seed=2),
            Invoking([4, 6, 5], busy={"2": 1, "7": 2}, seed=3),
            Invoking([8, 8], damaged=[3], busy={"12": 1}, seed=4),
        ),
        hidden=_invoking,
        hidden_count=6,
        seconds=10.0,
    ),
    misconceptions=(
        Misconception(
            id="raises",
            words="An exception leaves the handler, so the whole batch failed, and what it had stored comes "
            "again. Catch it, and report the record.",
        ),
        Misconception(
            id="swallows",
            words="A damaged record is passed over without a word: no destination ever hears of it. Report "
            "its sequence number.",
        ),
        Misconception(
            id="goes_on",
            words="The handler goes on behind the record that failed. Everything from that record on comes "
            "again, so what it stores there is stored twice. Stop at the first failure.",
        ),
        Misconception(
            id="reports_a_later_one",
            words="The reported record lies behind the one that failed: what lies before the reported record "
            "counts as done, and is lost. Report the first that failed.",
        ),
        Misconception(
            id="reports_everything",
            words="Records are reported that had been stored: all of them come again. Report only the one "
            "that failed.",
        ),
        Misconception(
            id="misnamed",
            words="The report names no record of the batch, so the whole batch counts as failed. It is the "
            'sequence number, as text, under the key "itemIdentifier".',
        ),
    ),
    hints=(
        'Go through event["Records"] with a `try` inside the loop. What do you return when a record '
        "fails, and what when all went well?",
        "Inside the `try`: json.loads(base64.b64decode(...)), then store. On ValueError or ConnectionError "
        "return a list with this record's sequence number; that ends the loop as well.",
    ),
)
