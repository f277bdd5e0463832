"""Task `send_all`: send every event, and again only what was refused."""

from random import Random

from grader.tasks.declaration import Criterion, Misconception, Runs, Task
from grader.tasks.scenarios.sending import Sending

LESSON = "course/01-producers.ipynb"


def _resending(rng: Random) -> Sending:
    devices, each = rng.choice(((5, 26), (8, 18), (11, 13)))
    refused = rng.choice((0.15, 0.25, 0.35))
    return Sending(devices=devices, each=each, seed=rng.randrange(10**6), refused=refused, most_calls=30)


TASK = Task(
    id="send_all",
    title="Send every event, and again only what was refused",
    function="send_all",
    read=f"{LESSON}, “A success that failed”",
    runs=Runs(
        visible=(Sending(devices=6, each=20, seed=3, refused=0.2, most_calls=30),),
        hidden=_resending,
        hidden_count=2,
    ),
    parts=(
        Criterion(id="complete", points=2, says="must go on until every event is stored"),
        Criterion(id="once", points=1, says="must send again only the events that were refused"),
        Criterion(id="keyed", points=1, says="must give each record its event's device as the partition key"),
        Criterion(
            id="calls", points=1, says="must send in batches, and stay within the 30 calls that are allowed"
        ),
    ),
    misconceptions=(
        Misconception(
            id="ignores_failures",
            words="PutRecords can succeed and still refuse records: look at FailedRecordCount, or at each "
            "entry's ErrorCode, and send those records again, until none is refused.",
        ),
        Misconception(
            id="resends_all",
            words="Records that were stored are sent again, and the stream holds copies: the answer's "
            "entries stand in the order of your records, so take only those whose entry has an ErrorCode.",
        ),
        Misconception(
            id="one_by_one",
            words="Too few events go into a call: PutRecords takes up to 500 in one.",
        ),
        Misconception(
            id="not_the_device",
            words="The partition key is not the event's device: it decides which shard takes a record, and "
            "so which events stay together.",
        ),
    ),
    hints=(
        "Keep a list of what is still to be sent. Send its first 500, look at the answer, and keep what "
        "was refused.",
        'zip(batch, answer["Records"], strict=True) brings each record together with its entry; that of a '
        'refused record has "ErrorCode".',
        "As long as something is left: take up to 500 off the front of the list, send them, and put those "
        "that were refused back onto its end.",
    ),
)
