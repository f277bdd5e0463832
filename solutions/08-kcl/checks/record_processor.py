"""Task `record_processor`: write a record processor that loses nothing."""

from random import Random

from grader.tasks.declaration import Criterion, Misconception, Runs, Task
from grader.tasks.scenarios import Processing

LESSON = "course/08-kcl.ipynb"

THROTTLED = "ThrottlingException"


LOST = "ShutdownException"


def _processing(rng: Random) -> Processing:
    """Bad records, a crash, refusals; every second run loses its lease in the middle, the others end "
    "well."""
    batches = [rng.randint(3, 9) for _ in range(rng.randint(4, 6))]
    total = sum(batches)
    # A bad record that is not the last of its batch, so that skipping the rest loses something.
    bad = sorted({1, total - batches[-1], *rng.sample(range(total), 2)})
    crash, busy = rng.sample(range(1, len(batches) - 1), 2)
    if rng.randrange(2):
        lost = len(batches) - 2
        refused = {str(lost): [LOST]}
        return Processing(batches, bad, refused, [0], seed=rng.randint(1, 99))
    refused = {str(busy): [THROTTLED] * rng.randint(1, 4), "end": [THROTTLED] * rng.randint(1, 4)}
    ending = rng.choice(("shard_ended", "shard_ended", "shutdown_requested"))
    return Processing(batches, bad, refused, [crash], ending=ending, seed=rng.randint(1, 99))


TASK = Task(
    id="record_processor",
    title="Write a record processor that loses nothing",
    function="RecordProcessor",
    read=f"{LESSON}, “A record processor” and “When a processor throws”",
    parts=(
        Criterion("nothing_lost", 3, "must store every good record, whatever happens on the way"),
        Criterion("sets_apart", 1, "must set every bad record aside, and store none of them"),
        Criterion(
            "checkpoints", 2, "must checkpoint at the end of each batch, after its work and not before"
        ),
        Criterion("retries", 1, "must try a throttled checkpoint again"),
        Criterion("lease_loss", 1, "must ask for no checkpoint, and raise nothing, once the lease is lost"),
        Criterion(
            "shard_end",
            2,
            "must checkpoint at the end of the shard, and when a shutdown is requested",
            ("shard_end", "shutdown"),
        ),
    ),
    runs=Runs(
        visible=(
            Processing([3, 4, 5], bad=[4], seed=1),
            Processing([3, 6, 4], crashes=[1], seed=2),
            Processing([4, 4, 4], refused={"1": [THROTTLED] * 4, "end": [THROTTLED] * 2}, seed=3),
            Processing([4, 4, 4], refused={"1": [LOST]}, seed=4),
            Processing([4, 4], ending="lease_lost", seed=5),
            Processing([4, 4], refused={"end": [THROTTLED]}, ending="shutdown_requested", seed=6),
        ),
        hidden=_processing,
        hidden_count=6,
        seconds=10.0,
    ),
    misconceptions=(
        Misconception(
            id="skips_the_batch",
            words="An exception leaves `process_records`, so KCL skips the rest of the batch and goes on. "
            "Catch what a record can raise around that one record.",
        ),
        Misconception(
            id="swallows",
            words="You skip a bad record and tell nobody. Set it aside, with its data.",
        ),
        Misconception(
            id="never_checkpoints",
            words="No checkpoint is made for a batch. After a crash everything since the last one comes "
            "again, or the whole shard if there was none.",
        ),
        Misconception(
            id="checkpoint_first",
            words="The checkpoint is made before the work. When the worker dies between the two, the next "
            "one begins after records that nobody has handled. Work first, then checkpoint.",
        ),
        Misconception(
            id="gives_up",
            words="A throttled checkpoint is not tried again. DynamoDB is busy for a moment only: try again.",
        ),
        Misconception(
            id="after_the_loss",
            words="You ask for a checkpoint after the lease was lost. Another worker has the shard now, and "
            "goes on from its own place. Both `lease_lost` and ShutdownException tell you so.",
        ),
        Misconception(
            id="forgets_shard_end",
            words="`shard_ended` makes no checkpoint, so KCL never begins with the child shards.",
        ),
        Misconception(
            id="forgets_shutdown",
            words="`shutdown_requested` makes no checkpoint: it is the processor's last chance to make one.",
        ),
    ),
    hints=(
        "Write `process_records` first: a loop over `process_records_input.records`, with a `try` inside "
        "the loop, "
        "and a checkpoint after it.",
        "Put the checkpoint into a method of its own, with a loop of 5 tries: return when it worked; on "
        '`CheckpointError` go on only if `error.value` is `"ThrottlingException"`.',
        "Call that method at three places: after the loop of `process_records`, in `shard_ended`, and in "
        "`shutdown_requested`. `lease_lost` does nothing.",
    ),
)
