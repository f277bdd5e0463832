"""The first call of a lesson: every switch that was left on is set back, and what the lesson left is gone."""

import json
import os
from collections.abc import Mapping
from typing import Any

import boto3
import pytest

from lab import LabError, begin, clock, iam, wait_until_active
from lab.aws.environment import lab_environment
from lab.control import Control, control
from lab.machine.ports import some_free_port
from lab.rules.control_token import VARIABLE
from tests.conftest import STATE
from tests.lab.test_connection import use

pytestmark = pytest.mark.xdist_group("shared-lab")
CLEAN = "The lab is ready. Nothing is left of an earlier run.\n"
AWS_QUOTAS = {"mode": "aws", "scale": 1.0}
DENIES = {"Effect": "Deny", "Action": "*", "Resource": "*", "Principal": "*"}


@pytest.fixture
def switches(fresh_account: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Control:
    """This process as a kernel of JupyterLab, with an account of its own."""
    use({**fresh_account, "LAB_STATE": os.environ[STATE]}, monkeypatch)
    return control()


def test_in_a_new_account_there_is_nothing_to_tell(
    switches: Control, capsys: pytest.CaptureFixture[str]
) -> None:
    begin("02-shards")
    assert capsys.readouterr().out == CLEAN
    assert switches.look("quotas") == AWS_QUOTAS


def test_the_token_of_the_account_is_enough(
    switches: Control, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As in a container, where no state folder has the lab's secret."""
    switches.set("quotas", scale=0.05)
    monkeypatch.setenv(VARIABLE, switches.token)
    monkeypatch.setenv("LAB_STATE", "/nowhere")
    begin("02-shards")
    assert "quotas were 0.05 times AWS's: now AWS's" in capsys.readouterr().out
    assert switches.look("quotas") == AWS_QUOTAS


def leave_switches_on(switches: Control) -> None:
    switches.set("quotas", mode="off", scale=0.05)
    switches.set("firehose", speed=60)
    switches.set("faults", rules=[{"operation": "kinesis.ListStreams", "error": "X", "rate": 1.0}])
    switches.set("endpoint_policy", policy={"Version": "2012-10-17", "Statement": [DENIES]})
    iam.enforce(True)


def test_every_switch_is_set_back_and_told(switches: Control, capsys: pytest.CaptureFixture[str]) -> None:
    leave_switches_on(switches)
    begin("02-shards")
    said = capsys.readouterr().out
    told = ("IAM was on", "plan of faults", "VPC endpoint", "quotas were off: now AWS's", "60 times as fast")
    for words in told:
        assert words in said
    assert switches.look("quotas") == AWS_QUOTAS
    assert switches.look("faults") == {"rules": []}
    assert switches.look("firehose")["speed"] == 1
    assert switches.look("endpoint_policy")["policy"] is None
    assert not iam.is_enforced()
    assert boto3.client("kinesis").list_streams()["StreamNames"] == []
    begin("02-shards")
    assert capsys.readouterr().out == CLEAN


def test_calls_that_go_through_an_endpoint_without_a_policy(
    switches: Control, capsys: pytest.CaptureFixture[str]
) -> None:
    switches.set("endpoint_policy", policy=None, context={"aws:SourceVpce": "vpce-1"})
    begin("07-security")
    assert "VPC endpoint" in capsys.readouterr().out
    assert switches.look("endpoint_policy")["context"] == {}


def document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def make_one_of_each(prefix: str) -> None:
    kinesis, s3, identities = boto3.client("kinesis"), boto3.client("s3"), boto3.client("iam")
    kinesis.create_stream(StreamName=f"{prefix}-stream", ShardCount=1)
    wait_until_active(kinesis, f"{prefix}-stream")
    arn = kinesis.describe_stream_summary(StreamName=f"{prefix}-stream")
    kinesis.register_stream_consumer(
        StreamARN=arn["StreamDescriptionSummary"]["StreamARN"], ConsumerName="reader"
    )
    bucket = f"{prefix}-{os.environ['AWS_ACCESS_KEY_ID']}"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for _ in range(2):
        s3.put_object(Bucket=bucket, Key="photo", Body=b"x")
    s3.delete_object(Bucket=bucket, Key="photo")
    boto3.client("dynamodb").create_table(
        TableName=f"{prefix}-table",
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    boto3.client("cloudwatch").put_metric_alarm(
        AlarmName=f"{prefix}-alarm", Namespace="AWS/Kinesis", MetricName="IncomingBytes", Statistic="Sum",
        Period=60, EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    may = {"Effect": "Allow", "Action": "kinesis:PutRecord", "Resource": "*"}
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
    identities.create_role(RoleName=f"{prefix}-role", AssumeRolePolicyDocument=document(trust))
    identities.put_role_policy(RoleName=f"{prefix}-role", PolicyName="own", PolicyDocument=document(may))
    boto3.client("kms").create_key(Description=f"{prefix}: a seal")
    to_s3 = {"BucketARN": f"arn:aws:s3:::{bucket}", "RoleARN": f"arn:aws:iam::{'1' * 12}:role/x"}
    boto3.client("firehose").create_delivery_stream(
        DeliveryStreamName=f"{prefix}-delivery", ExtendedS3DestinationConfiguration=to_s3
    )


def there() -> list[str]:
    """The names of all that the account has."""
    keys = boto3.client("kms")
    about = [keys.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in keys.list_keys()["Keys"]]
    return sorted(
        boto3.client("kinesis").list_streams()["StreamNames"]
        + [bucket["Name"].rpartition("-")[0] for bucket in boto3.client("s3").list_buckets()["Buckets"]]
        + boto3.client("firehose").list_delivery_streams()["DeliveryStreamNames"]
        + boto3.client("dynamodb").list_tables()["TableNames"]
        + [one["AlarmName"] for one in boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]]
        + [role["RoleName"] for role in boto3.client("iam").list_roles()["Roles"]]
        + [one["Description"] for one in about if one["KeyState"] == "Enabled"]
    )


@pytest.mark.usefixtures("switches")
def test_what_the_lesson_has_left_goes_and_what_others_have_left_stays(
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_one_of_each("course-06")
    of_six = there()
    make_one_of_each("course-07")
    assert len(there()) == 2 * len(of_six) == 14, "the control"
    begin("07-security")
    said = capsys.readouterr().out
    assert there() == of_six
    for kind in ("streams", "Firehose streams", "buckets", "tables", "alarms", "roles", "keys"):
        assert f"deleted: {kind}" in said
    assert "course-06" not in said
    assert "run it again from its top" in said


def test_a_commitment_to_advantage_ends(switches: Control, capsys: pytest.CaptureFixture[str]) -> None:
    kinesis = boto3.client("kinesis")
    kinesis.update_account_settings(MinimumThroughputBillingCommitment={"Status": "ENABLED"})
    begin("05-capacity-modes")
    assert "committed to on-demand Advantage" in capsys.readouterr().out
    told = kinesis.describe_account_settings()["MinimumThroughputBillingCommitment"]
    assert told["Status"] == "DISABLED"
    assert clock.ahead(switches).total_seconds() == pytest.approx(24 * 3600, abs=60)


def test_a_clock_that_is_ahead_is_left_as_it_is(
    switches: Control, capsys: pytest.CaptureFixture[str]
) -> None:
    clock.advance(hours=25, of=switches)
    begin("02-shards")
    assert capsys.readouterr().out == CLEAN
    assert clock.ahead(switches).total_seconds() == 25 * 3600


@pytest.mark.usefixtures("switches")
@pytest.mark.parametrize("name", ["", "shards", "2-shards", "02", "course-02-shards", "02-*"])
def test_no_lesson_of_this_name(name: str) -> None:
    with pytest.raises(LabError, match="no lesson's name"):
        begin(name)


def test_a_lost_lab_is_told_with_the_one_command_that_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    use(lab_environment(f"http://127.0.0.1:{some_free_port()}"), monkeypatch)
    with pytest.raises(LabError, match=r"does not answer.*: lab up\n"):
        begin("02-shards")
