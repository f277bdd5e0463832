"""Task `handler`: a Lambda handler whose table has one row for each event."""

from random import Random

from grader.tasks.declaration import Criterion, Misconception, Runs, Task
from grader.tasks.scenarios import Consuming


def _hidden(rng: Random) -> Consuming:
    """Copies behind a crash and in front of one, a damaged record and a busy table inside batches."""
    batches = [rng.randint(5, 8) for _ in range(4)]
    starts = [sum(batches[:place]) for place in range(len(batches))]
    early, late = starts[2] + rng.randint(0, 1), starts[3] + rng.randint(0, 1)
    middle = starts[1] + rng.randint(1, 3)
    return Consuming(
        batches,
        damaged=[middle],
        busy={str(starts[2] + 3): rng.randint(1, 2)},
        seed=rng.randint(1, 99),
        copies={str(early): rng.randrange(0, batches[0]), str(late): starts[2] + 2, str(late + 1): 1},
        crashes=[3],
    )


TASK = Task(
    id="handler",
    title="The consumer, and a table with one row for each event",
    function="make_handler",
    read="course/03-consumers.ipynb, “Way out 2: say where it failed” and “At least once”",
    parts=(
        Criterion("nothing_lost", 2, "must see to it that every event is in the table in the end"),
        Criterion("one_row", 2, "must keep one row of each event, however often the event comes"),
        Criterion("reports", 1, "must report every damaged record, so that the destination is told"),
        Criterion("progress", 1, "must not store events again because another record failed"),
    ),
    runs=Runs(
        visible=(
            Consuming([4, 5], seed=1, copies={"6": 2}),
            Consuming([4, 6, 5], damaged=[6], busy={"12": 1}, seed=2, copies={"8": 1}),
            Consuming([5, 5], seed=3, copies={"6": 2, "8": 3}, crashes=[1]),
        ),
        hidden=_hidden,
        hidden_count=2,
        seconds=10.0,
    ),
    misconceptions=(
        Misconception(
            id="keyed_by_number",
            words="The row's key is the record's sequence number, or something else that differs each time. "
            "An event that was sent again has another number: use the event's own id.",
        ),
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
            words="The handler goes on behind the record that failed, and everything from that record on "
            "comes again. Stop at the first failure.",
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
        "Go through the records with a `try` inside the loop, as in lesson 03. One thing is new: which key "
        "does a row get, so that the same event fills the same row?",
        'store(event["id"], event). The report still names the record\'s sequence number.',
    ),
)
