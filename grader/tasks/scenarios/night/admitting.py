"""Four roles with the learner's policies, under IAM: each does its work, and somebody else has its session.

The calls are real and IAM decides on them. Which actions a program needs: Kinesis developer guide,
"Controlling access"; on which resource each is authorized: Service Authorization Reference.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from botocore.exceptions import ClientError

from grader.tasks.answers import Returned
from grader.tasks.brief import in_brief
from grader.tasks.scenarios.stage import NoAnswer, Stage, Verdict

ROLES: Final = ("producer", "consumer", "delivery", "operator")
UNFIT: Final = ("MalformedPolicyDocument", "LimitExceeded", "ValidationError")
DENIED: Final = ("AccessDeniedException", "AccessDenied")
LONGEST: Final = 10_240
"""Characters of a role's inline policies (IAM User Guide, quotas)."""

Call = Callable[[], Any]


@dataclass(frozen=True)
class Try:
    """A call that must pass, or must be denied; `sign` is the misconception if it does not."""

    says: str
    call: Call
    sign: str | None = None


@dataclass(frozen=True)
class Admitting:
    """The learner's `policy_for(role, stream_arn, bucket_arn)` gives an identity policy for each of ROLES.

    Each becomes a real role's only policy. With IAM on, a session of the role makes each call that the task
    names for it, and it must pass. Then an attacker has the session: what belongs to another role must be
    denied, and so must the role's own work on the stream whose name goes on with ENDING.
    """

    ending: str = "-archive"
    name: ClassVar[str] = "night-admitting"
    criteria: ClassVar[tuple[str, ...]] = ROLES

    def play(self, stage: Stage) -> Verdict:
        stream, bucket = stage.stream("launch"), stage.bucket("night")
        arn = str(stage.summary(stream)["StreamARN"])
        broken: dict[str, str] = {}
        sign: str | None = None
        with _another(stage, stream + self.ending) as other:
            names = _Names(stream, arn, other, bucket)
            for role in ROLES:
                answer = stage.try_call(role=role, stream_arn=arn, bucket_arn=f"arn:aws:s3:::{bucket}")
                if not isinstance(answer, Returned):
                    raise NoAnswer(answer)
                words, told = _tried(stage, role, answer.value, names)
                if words:
                    broken[role], sign = words, sign or told
        return Verdict(broken, sign)


@dataclass(frozen=True)
class _Names:
    stream: str
    arn: str
    other: str
    bucket: str


@contextmanager
def _another(stage: Stage, name: str) -> Iterator[str]:
    """A stream of this name as long as it is needed."""
    kinesis = stage.client("kinesis")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    try:
        yield name
    finally:
        kinesis.delete_stream(StreamName=name)


def _tried(stage: Stage, role: str, policy: Any, names: _Names) -> tuple[str, str | None]:
    """What is wrong with the role's policy, as the end of a sentence, and the sign of it."""
    text = policy if isinstance(policy, str) else json.dumps(policy)
    if not isinstance(policy, dict | str) or not 0 < len(text.strip()) <= LONGEST:
        return "it gave no policy document: return a dictionary, or its JSON text.", None
    try:
        with _session(stage, role, text) as client:
            stage.iam(True)
            try:
                return _outcome(role, client, names)
            finally:
                stage.iam(False)
                stage.client("cloudwatch").delete_alarms(AlarmNames=[names.stream])
    except ClientError as error:
        if error.response["Error"]["Code"] not in UNFIT:
            raise
        return f"AWS does not take the {role}'s policy: {in_brief(error.response['Error']['Message'])}", None


@contextmanager
def _session(stage: Stage, role: str, policy: str) -> Iterator[Callable[[str], Any]]:
    """Clients of a session of a fresh role with this one policy. Raises ClientError for what is none."""
    iam, name = stage.client("iam"), stage.name(role)
    trust: dict[str, Any] = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    trust |= {"Principal": {"AWS": f"arn:aws:iam::{stage.account}:root"}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    try:
        iam.put_role_policy(RoleName=name, PolicyName="least", PolicyDocument=policy)
        given = stage.client("sts").assume_role(RoleArn=arn, RoleSessionName=role)["Credentials"]
        yield lambda service: stage.caller(service, given)
    finally:
        with suppress(ClientError):
            iam.delete_role_policy(RoleName=name, PolicyName="least")
        iam.delete_role(RoleName=name)


def _outcome(role: str, client: Callable[[str], Any], names: _Names) -> tuple[str, str | None]:
    needed, forbidden = TRIES[role](client, names)
    for one in needed:
        if words := _refusal(one.call):
            return f"the {role} {one.says}, and is denied: {words}", one.sign
    for one in forbidden:
        if not _refusal(one.call):
            return f"whoever has the {role}'s session also {one.says}.", one.sign
    return "", None


def _refusal(call: Call) -> str:
    """The denial's words; "" when the call was let in, whatever came of it then."""
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] in DENIED:
            return in_brief(str(error.response["Error"]["Message"]))
    return ""


def _put(kinesis: Any, stream: str) -> Call:
    return lambda: kinesis.put_records(StreamName=stream, Records=[{"PartitionKey": "p", "Data": b"{}"}])


def _reads(kinesis: Any, stream: str) -> Call:
    """From the shard's iterator to its records; two actions."""

    def read() -> None:
        place = kinesis.get_shard_iterator(
            StreamName=stream, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
        )
        kinesis.get_records(ShardIterator=place["ShardIterator"])

    return read


def _steals(kinesis: Any, stream: str) -> list[Try]:
    """What an attacker wants of anybody who does not read."""
    return [
        Try("reads the players' events", _reads(kinesis, stream)),
        Try(
            "makes the stream keep its records longer, at our cost",
            lambda: kinesis.increase_stream_retention_period(StreamName=stream, RetentionPeriodHours=25),
        ),
    ]


def _producer(client: Callable[[str], Any], names: _Names) -> tuple[list[Try], list[Try]]:
    kinesis = client("kinesis")
    return [Try("puts records", _put(kinesis, names.stream))], [
        Try("writes to another stream", _put(kinesis, names.other), "any_stream"),
        Try(
            "opens the stream to other accounts by PutResourcePolicy",
            lambda: kinesis.put_resource_policy(ResourceARN=names.arn, Policy="{}"),
            "put_wildcard",
        ),
        *_steals(kinesis, names.stream),
    ]


def _consumer(client: Callable[[str], Any], names: _Names) -> tuple[list[Try], list[Try]]:
    kinesis = client("kinesis")
    return [
        Try("asks for the stream's status", lambda: kinesis.describe_stream_summary(StreamName=names.stream)),
        Try("lists the shards", lambda: kinesis.list_shards(StreamName=names.stream)),
        Try("gets an iterator and reads", _reads(kinesis, names.stream), "only_get_records"),
    ], [
        Try("reads another stream", _reads(kinesis, names.other), "any_stream"),
        Try("writes events of its own", _put(kinesis, names.stream)),
        Try(
            "looks at the stream's policy, to see whom it trusts",
            lambda: kinesis.get_resource_policy(ResourceARN=names.arn),
            "reading_wildcards",
        ),
        Try(
            "calls DescribeStream",
            lambda: kinesis.describe_stream(StreamName=names.stream),
            "reading_wildcards",
        ),
    ]


def _delivery(client: Callable[[str], Any], names: _Names) -> tuple[list[Try], list[Try]]:
    kinesis, s3 = client("kinesis"), client("s3")
    key = {"Bucket": names.bucket, "Key": "night/events"}
    return [
        Try("describes the stream", lambda: kinesis.describe_stream(StreamName=names.stream)),
        Try("lists the shards", lambda: kinesis.list_shards(StreamName=names.stream)),
        Try("gets an iterator and reads", _reads(kinesis, names.stream)),
        Try("puts an object", lambda: s3.put_object(**key, Body=b"{}"), "objects_not_bucket"),
        Try("lists the bucket", lambda: s3.list_objects_v2(Bucket=names.bucket), "bucket_not_objects"),
    ], [
        Try("reads another stream", _reads(kinesis, names.other), "any_stream"),
        Try("writes events of its own", _put(kinesis, names.stream)),
        Try("deletes objects of the archive", lambda: s3.delete_object(**key), "whole_bucket"),
        Try("reads objects of the archive", lambda: s3.get_object(**key), "whole_bucket"),
    ]


def _operator(client: Callable[[str], Any], names: _Names) -> tuple[list[Try], list[Try]]:
    kinesis, cloudwatch = client("kinesis"), client("cloudwatch")
    alarm: dict[str, Any] = {
        "AlarmName": names.stream,
        "Namespace": "AWS/Kinesis",
        "MetricName": "IncomingRecords",
        "Dimensions": [{"Name": "StreamName", "Value": names.stream}],
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "LessThanThreshold",
    }
    return [
        Try("asks for the stream's status", lambda: kinesis.describe_stream_summary(StreamName=names.stream)),
        Try(
            "doubles the shards",
            lambda: kinesis.update_shard_count(
                StreamName=names.stream, TargetShardCount=2, ScalingType="UNIFORM_SCALING"
            ),
            "no_star",
        ),
        Try("sets an alarm", lambda: cloudwatch.put_metric_alarm(**alarm), "no_star"),
    ], [
        Try("writes events of its own", _put(kinesis, names.stream), "does_everything"),
        *_steals(kinesis, names.stream),
        Try(
            "deletes streams",
            lambda: kinesis.delete_stream(StreamName=f"{names.other}-gone"),
            "does_everything",
        ),
    ]


TRIES: Final[Mapping[str, Callable[..., tuple[list[Try], list[Try]]]]] = {
    "producer": _producer,
    "consumer": _consumer,
    "delivery": _delivery,
    "operator": _operator,
}
