"""Task `choose`: choose."""

from grader.tasks.declaration import Choice, Task

LESSON = "course/08-kcl.ipynb"

TASK = Task(
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
