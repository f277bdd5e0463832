"""Task `delivery_settings`: the archive in S3, fresh enough, in few files, where queries look."""

from random import Random

from grader.tasks.declaration import Criterion, Misconception, Runs, Task
from grader.tasks.scenarios import Delivering


def _hidden(rng: Random) -> Delivering:
    folder = f"{rng.choice(('comet', 'night', 'launch'))}-{rng.randint(2, 9)}"
    return Delivering(folder, fresh_seconds=10 * rng.randint(7, 85), file_mib=rng.randint(2, 3))


TASK = Task(
    id="delivery_settings",
    title="The delivery into S3",
    function="delivery_settings",
    read="course/09-delivery.ipynb, “By size or by time, whichever comes first”, “Small files against "
    "freshness” and “Prefixes: files where a query looks for them”",
    parts=(
        Criterion("fresh", 1, "must deliver each event in time"),
        Criterion("files", 1, "must make few files, of the size that was asked for"),
        Criterion("lines", 1, "must write each event on a line of its own"),
        Criterion("places", 1, "must put the files where queries look for them"),
    ),
    runs=Runs(visible=(Delivering("comet", 120, 2),), hidden=_hidden, hidden_count=1, seconds=10.0),
    misconceptions=(
        Misconception(
            id="stale",
            words="The buffer waits longer than an event may. IntervalInSeconds is what was asked for, and "
            "Firehose takes 300 where you say nothing.",
        ),
        Misconception(
            id="hasty",
            words="The buffer is written before the time that an event may wait. That makes more files, and "
            "nobody asked for it.",
        ),
        Misconception(
            id="small_files",
            words="The buffer is written before it holds what was asked for: SizeInMBs is too small.",
        ),
        Misconception(
            id="large_files",
            words="SizeInMBs is larger than what was asked for; 5 is what Firehose takes without it.",
        ),
        Misconception(
            id="joined",
            words="Nothing stands between two events: Firehose joins records as they are. The processor "
            "AppendDelimiterToRecord ends each with a new line.",
        ),
        Misconception(
            id="default_prefix",
            words="The prefix has no day and hour in the form that was asked for. Write "
            "!{timestamp:yyyy-MM-dd} and !{timestamp:HH} into it.",
        ),
    ),
    hints=(
        "Four things beside the two ARNs: BufferingHints, Prefix, ErrorOutputPrefix and "
        "ProcessingConfiguration.",
        'BufferingHints has IntervalInSeconds and SizeInMBs. The prefix is folder + "/day=!{timestamp:'
        'yyyy-MM-dd}/hour=!{timestamp:HH}/". Expressions in it want an ErrorOutputPrefix with '
        "!{firehose:error-output-type} too.",
        "ProcessingConfiguration is a dictionary: Enabled is true, and Processors is a list with one "
        "processor. That has a Type, AppendDelimiterToRecord, and no Parameters.",
    ),
)
