"""Task `first`: what helps, and what first?."""

from grader.tasks.declaration import Choice, Task

LESSON = "course/06-throttling.ipynb"

TASK = Task(
    id="first",
    title="What helps, and what first?",
    read=f"{LESSON}, “What to do, in which order” and “The metric that looks healthy”",
    parts=(
        Choice(
            id="tonight",
            points=1,
            says="it must name what helps before anything else",
            name="first_step",
            options={
                "a": "double the shards with UpdateShardCount",
                "b": "split the shard that refuses",
                "c": "send the refused entries again, with backoff and jitter",
                "d": "salt the busiest key",
            },
            right=("c",),
            why={
                "a": "More shards help a stream that is too small, minutes later. The records that are "
                "refused now are lost all the same, and nobody knows yet whether one key is the trouble.",
                "b": "Whether a split helps depends on the keys, which nobody has looked at, and it saves "
                "none of the records that are refused now.",
                "d": "That may be the cure, once the metrics show a hot key. But the producer still loses "
                "what is refused until then, and at the next burst.",
            },
        ),
        Choice(
            id="alarms",
            points=1,
            says="it must name every metric that shows lost records of PutRecords",
            name="alarm_on",
            options={
                "a": "PutRecords.Success",
                "b": "PutRecords.ThrottledRecords",
                "c": "GetRecords.IteratorAgeMilliseconds",
                "d": "PutRecords.FailedRecords",
                "e": "IncomingRecords",
            },
            right=("b", "d"),
            why={
                "a": "Success counts calls with at least one stored record: 499 of 500 may be refused.",
                "c": "The iterator age tells how far a consumer is behind, and nothing of refused records.",
                "e": "IncomingRecords counts what was stored, so what was refused is missing there.",
            },
        ),
    ),
    misconceptions=(),
    hints=(
        "What is lost first: time, money or records? Begin where records are lost.",
        "Two metrics count records that were not stored, one for each reason that an entry can fail for.",
    ),
)
