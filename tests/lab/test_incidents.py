"""Each cause leaves the sign that the runbook names, in metrics, trail and settings, and no other."""

import json
import os
from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Any

import boto3
import pytest

from lab import clock, iam, wait_until_active
from lab.control import control
from lab.incidents import CAUSES, Cast, Incident, play
from tests.conftest import STATE
from tests.lab.test_connection import use

pytestmark = pytest.mark.xdist_group("shared-lab")
STREAM, ROLE = "course-10-played", "course-10-played-producer"
PUTS = ["kinesis:PutRecord", "kinesis:PutRecords"]
AGE = "GetRecords.IteratorAgeMilliseconds"
SEEDS = {Random(seed).choice(CAUSES): seed for seed in range(30)}


def statement(**what: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **what}]})


@pytest.fixture
def cast(fresh_account: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Cast:
    """A stream of two shards that keeps 48 hours, and its producer's role."""
    use({**fresh_account, "LAB_STATE": os.environ[STATE]}, monkeypatch)
    kinesis, roles = boto3.client("kinesis"), boto3.client("iam")
    account = fresh_account["AWS_ACCESS_KEY_ID"]
    kinesis.create_stream(StreamName=STREAM, ShardCount=2)
    wait_until_active(kinesis, STREAM)
    kinesis.increase_stream_retention_period(StreamName=STREAM, RetentionPeriodHours=48)
    trust = statement(Action="sts:AssumeRole", Principal={"AWS": f"arn:aws:iam::{account}:root"})
    roles.create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust)
    arn = f"arn:aws:kinesis:us-east-1:{account}:stream/{STREAM}"
    least = statement(Action=PUTS, Resource=arn)
    roles.put_role_policy(RoleName=ROLE, PolicyName="least", PolicyDocument=least)
    return Cast(STREAM, ROLE)


def sums(told: Incident, metric: str, statistic: Any) -> list[float]:
    """The metric in steps of four minutes."""
    where = [{"Name": "StreamName", "Value": STREAM}]
    span: Any = {"StartTime": datetime.fromisoformat(told.began), "EndTime": clock.now(), "Period": 240}
    what: Any = {"Namespace": "AWS/Kinesis", "MetricName": metric, "Dimensions": where}
    points = boto3.client("cloudwatch").get_metric_statistics(**what, **span, Statistics=[statistic])
    in_order = sorted(points["Datapoints"], key=lambda point: point["Timestamp"])
    return [point[statistic] for point in in_order]


def changes(told: Incident) -> list[str]:
    asked: Any = [{"AttributeKey": "ReadOnly", "AttributeValue": "false"}]
    since = datetime.fromisoformat(told.began)
    events = boto3.client("cloudtrail").lookup_events(LookupAttributes=asked, StartTime=since)["Events"]
    return [event["EventName"] for event in events if event["EventName"] != "AssumeRole"]


@pytest.mark.parametrize("cause", CAUSES)
def test_a_cause_leaves_its_sign(cast: Cast, cause: str) -> None:
    before = control().look("quotas")
    told = play(cast, SEEDS[cause])
    assert told.cause == cause
    assert cause not in repr(told)
    refused = sum(sums(told, "WriteProvisionedThroughputExceeded", "Sum"))
    assert (refused > 0) == (cause == "hot key")
    assert (len(sums(told, AGE, "Maximum")) <= 7) == (cause == "dead consumer")
    assert (max(sums(told, AGE, "Maximum")) > 12 * 3_600_000) == (cause == "retention too short")
    incoming = sums(told, "IncomingRecords", "Sum")
    assert (len([count for count in incoming if count]) < 10) == (cause == "policy change")
    calls = {"policy change": ["PutRolePolicy"], "retention too short": ["DecreaseStreamRetentionPeriod"]}
    assert changes(told) == calls.get(cause, [])
    assert (told.lost > 0) == (cause in ("dead consumer", "retention too short"))
    assert (control().look("quotas"), iam.is_enforced()) == (before, False)


def test_the_same_seed_plays_the_same(cast: Cast) -> None:
    first, second = (play(cast, SEEDS["dead consumer"]) for _ in range(2))
    assert (first.cause, first.lost) == (second.cause, second.lost)
