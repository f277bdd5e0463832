"""Task `deliver`: deliver every event through a stream that refuses."""

from random import Random

from grader.tasks.declaration import Criterion, Misconception, Runs, Task
from grader.tasks.scenarios import Delivery

LESSON = "course/06-throttling.ipynb"


def _hidden_delivery(rng: Random) -> Delivery:
    """A hard run: entries refused for both reasons, calls that fail, one whose answer is lost.

    Three calls that fail in a row are all of boto3's tries of one call.
    """
    first, second = rng.sample(range(1, 5), 2)
    in_a_row = tuple(range(first, first + 3))
    return Delivery(
        events=rng.randint(520, 700),
        keys=rng.randint(8, 40),
        seed=rng.randrange(10**6),
        most_calls=24,
        refused=rng.randint(15, 30) / 100,
        broken=rng.randint(5, 12) / 100,
        **rng.choice(({"failing": in_a_row}, {"failing": (first,), "lost": (second,)})),
    )


TASK = Task(
    id="deliver",
    title="Deliver every event through a stream that refuses",
    function="deliver",
    read=f"{LESSON}, “Send again only what was refused” and “The duplicate that nobody can avoid”",
    runs=Runs(
        visible=(
            Delivery(events=40, keys=6, seed=1, most_calls=4),
            Delivery(events=200, keys=12, seed=2, most_calls=14, refused=0.3),
            Delivery(events=620, keys=30, seed=3, most_calls=20, refused=0.2, broken=0.1),
            Delivery(
                events=150, keys=10, seed=4, most_calls=18, refused=0.2, broken=0.1, failing=(2,), lost=(1,)
            ),
            # All of boto3's tries of one call fail, so the learner's code meets the exception.
            Delivery(events=90, keys=8, seed=5, most_calls=16, refused=0.2, failing=(2, 3, 4)),
            # The calls can't be enough, and three of them are boto3's tries of one: the function must stop.
            Delivery(events=80, keys=8, seed=6, most_calls=6, refused=0.5, failing=(1, 2, 3), scarce=True),
        ),
        hidden=_hidden_delivery,
        hidden_count=2,
        seconds=40,
    ),
    parts=(
        Criterion("complete", 3, "must bring every event into the stream"),
        Criterion("once", 2, "must send no event again that Kinesis has accepted"),
        Criterion("budget", 1, "must stay within the calls that it is allowed"),
        Criterion("unchanged", 1, "must store each event as JSON under the event's key"),
    ),
    misconceptions=(
        Misconception(
            id="ignores_failures",
            words="You send once. PutRecords succeeds as a call and can still refuse records: look at the "
            "entries of its answer, and send again those with an ErrorCode.",
        ),
        Misconception(
            id="resends_all",
            words="You send records again that were stored already. Only the entries with an ErrorCode are "
            "not stored; the answer has one entry for each record, in the same order.",
        ),
        Misconception(
            id="one_by_one",
            words="You put one record a call. PutRecords takes up to 500, and the budget is for that.",
        ),
        Misconception(
            id="counts_tries_once",
            words="You count a call that failed as one. boto3 has tried it 3 times, and each try is a call. "
            "Let a client try only once, or count the tries.",
        ),
        Misconception(
            id="never_stops",
            words="You go on until nothing waits. When `most_calls` calls are made, stop, whatever is left.",
        ),
    ),
    hints=(
        "Keep a list of the events that are still waiting. Each call takes up to 500 of them. The "
        "answer says what became of each, in the same order.",
        "After each call, keep those with an ErrorCode, whatever the code, and put them together with the "
        "events that were not in the call. Wait a little, and go on until nothing waits or the calls are "
        "used up.",
        "A call can fail as a whole: boto3 retries it, and raises ClientError when its tries are used up. "
        "Then nothing is known of its records: catch it, and let all of them wait on. Each of boto3's "
        "retries is a call of your budget.",
    ),
)
