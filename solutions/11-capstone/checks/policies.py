"""Task `policies`: four roles with just what each needs, tried by real calls under IAM."""

from random import Random

from grader.tasks.declaration import Criterion, Misconception, Runs, Task
from grader.tasks.scenarios import Admitting


def _hidden(rng: Random) -> Admitting:
    return Admitting(f"-{rng.choice(('copy', 'test', 'backup'))}-{rng.randint(10, 99)}")


TASK = Task(
    id="policies",
    title="Policies for four roles",
    function="policy_for",
    read="course/07-security.ipynb, “A denial says what is missing”, “The least for a consumer, one denial "
    "at a time” and “Wildcards match names, not intentions”",
    parts=(
        Criterion("producer", 1, "must let the producer put records, and whoever steals its session no more"),
        Criterion("consumer", 1, "must let the consumer read this stream, and nothing else"),
        Criterion("delivery", 1, "must let Firehose read this stream and write to this bucket, and no more"),
        Criterion("operator", 1, "must let the operator scale and set alarms, and never touch a record"),
    ),
    runs=Runs(visible=(Admitting(),), hidden=_hidden, hidden_count=1, seconds=10.0),
    misconceptions=(
        Misconception(
            id="any_stream",
            words="A policy covers other streams as well. Name this stream's ARN, and no star behind it: "
            "another stream's name may go on where this one ends.",
        ),
        Misconception(
            id="put_wildcard",
            words="kinesis:Put* matches PutResourcePolicy too, which decides who else may use the stream. "
            "Write the action out.",
        ),
        Misconception(
            id="reading_wildcards",
            words="Get*, List* and Describe* match more than the four actions of a reader. Write the "
            "actions out.",
        ),
        Misconception(
            id="only_get_records",
            words="GetRecords alone does not read: an iterator comes first, and it is an action of its own.",
        ),
        Misconception(
            id="objects_not_bucket",
            words="PutObject is about objects, and their ARN is the bucket's with /* behind it. The bucket's "
            "own ARN names no object.",
        ),
        Misconception(
            id="bucket_not_objects",
            words="ListBucket is about the bucket, and its ARN has no /* behind it.",
        ),
        Misconception(
            id="whole_bucket",
            words="s3:* lets the delivery read and delete what lies in the archive. It needs PutObject and "
            "ListBucket.",
        ),
        Misconception(
            id="no_star",
            words="UpdateShardCount and PutMetricAlarm are denied: AWS knows no resource for "
            'UpdateShardCount, so its statement has "Resource": "*".',
        ),
        Misconception(
            id="does_everything",
            words="The operator may do everything. Who scales a stream needs to read no record, and to "
            "delete nothing.",
        ),
    ),
    hints=(
        "One statement for each kind of resource: the stream, the bucket, the objects in it, and the star "
        "for what knows no resource. Four roles, and each has one to three statements.",
        "Write each action out, without wildcards, and give the stream's ARN as it is. Objects are "
        'bucket_arn + "/*".',
        "The operator has two statements: DescribeStreamSummary on the stream, and UpdateShardCount and "
        'PutMetricAlarm on "*".',
    ),
)
