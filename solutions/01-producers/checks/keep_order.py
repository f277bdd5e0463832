"""Task `keep_order`: send so that each device keeps its order."""

from random import Random

from grader.tasks.declaration import Criterion, Misconception, Runs, Task
from grader.tasks.scenarios.sending import Sending

LESSON = "course/01-producers.ipynb"


def _ordering(rng: Random) -> Sending:
    devices = rng.randint(6, 9)
    return Sending(
        devices=devices, each=5, seed=rng.randrange(10**6), shards=4, refused=rng.choice((0.3, 0.4))
    )


TASK = Task(
    id="keep_order",
    title="Send so that each device keeps its order",
    function="send_in_order",
    read=f"{LESSON}, “Order”",
    runs=Runs(
        visible=(Sending(devices=7, each=5, seed=11, shards=4, refused=0.35),),
        hidden=_ordering,
        hidden_count=2,
    ),
    parts=(
        Criterion(id="complete", points=1, says="must store every event"),
        Criterion(id="in_order", points=2, says="must keep the order of each device's events"),
        Criterion(id="spread", points=1, says="must spread the devices over the shards"),
    ),
    misconceptions=(
        Misconception(
            id="one_key",
            words="All events have one partition key, so one shard takes them all and the others none. "
            "Only a device's own events must stay in order: give each device a key of its own.",
        ),
        Misconception(
            id="scattered",
            words="A device's events have different partition keys, so they lie on several shards, and "
            "across shards there is no order.",
        ),
        Misconception(
            id="batch_order",
            words="A refused record of a PutRecords call comes behind those that were accepted after it. "
            "Send a device's next event only when the one before it is stored.",
        ),
    ),
    hints=(
        "Two decisions: which partition key brings a device's events together, and which call keeps their "
        "order. Which of the two producer calls waits for each record?",
        "The device's name as the key, and put_record for one event after the other, in the order of the "
        "list. SequenceNumberForOrdering takes the sequence number of the same device's event before.",
    ),
)
