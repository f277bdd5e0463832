"""Task `alarms`: what rings on launch night, and what does not."""

from random import Random

from grader.tasks.declaration import Criterion, Misconception, Runs, Task
from grader.tasks.scenarios import Watching


def _hidden(rng: Random) -> Watching:
    return Watching(rng.choice((3, 4, 6, 7)))


TASK = Task(
    id="alarms",
    title="The alarms",
    function="alarms",
    read="course/04-retention.ipynb, “The alarm that hears silence”, course/06-throttling.ipynb, “Better "
    "alarms” and course/10-operations.ipynb, “Alarms, set by the tool”",
    parts=(
        Criterion("refused", 1, "must ring when writes are refused in four minutes in a row"),
        Criterion("late", 1, "must ring when a reader is too far behind"),
        Criterion("dead", 1, "must ring when no reader calls any more"),
        Criterion("quiet", 1, "must not ring when nothing is wrong"),
    ),
    runs=Runs(visible=(Watching(5),), hidden=_hidden, hidden_count=1, seconds=10.0),
    misconceptions=(
        Misconception(
            id="hears_no_silence",
            words="A dead reader makes no call, so its metric has no data, and your alarm on the age has "
            'nothing to judge. Let missing data count: TreatMissingData is "breaching".',
        ),
        Misconception(
            id="rings_at_once",
            words="An alarm rings though nothing is wrong: in one busy minute, or for a stream that is read "
            "every minute. Ask for several periods in a row, and for the right threshold.",
        ),
        Misconception(
            id="counts_successes",
            words="PutRecords.Success stays healthy when records are refused. "
            "WriteProvisionedThroughputExceeded counts the refusals.",
        ),
    ),
    hints=(
        "Two alarms are enough: one on refused writes, one on the age of what the readers read. The second "
        "must hear silence as well.",
        "WriteProvisionedThroughputExceeded, Sum, above 0, three periods of 60 seconds. "
        "GetRecords.IteratorAgeMilliseconds, Maximum, above late_minutes × 60,000.",
        'Every alarm has Namespace "AWS/Kinesis" and Dimensions [{"Name": "StreamName", "Value": '
        'stream_name}]. TreatMissingData: "breaching" for the age, "notBreaching" for the writes.',
    ),
)
