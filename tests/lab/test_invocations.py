"""The log of invocations as a lesson reads it, and what a lesson has left of Lambda and SQS."""

import os
from collections.abc import Mapping
from typing import Any

import boto3
import pytest

from lab.control import control
from lab.errors import LabError
from lab.invocations import handled, invocations, wait_for
from lab.leftovers import clear
from tests.conftest import STATE
from tests.lab.emulator.functions.support import ROLE, zipped
from tests.lab.emulator.support import create
from tests.lab.test_connection import use

pytestmark = pytest.mark.xdist_group("shared-lab")
BAD = "def handler(event, context):\n    raise ValueError\n"


def entry(outcome: str, *numbers: str, failed_from: int | None = None) -> dict[str, Any]:
    return {"shard": "s", "outcome": outcome, "sequence_numbers": list(numbers), "failed_from": failed_from}


def test_what_is_done_or_given_up_is_handled() -> None:
    log = [
        entry("error", "1", "2", "3", failed_from=0),
        entry("partial", "1", "2", "3", failed_from=1),
        entry("given_up", "2"),
        entry("throttled", "3", failed_from=0),
    ]
    assert handled(log) == {("s", "1"), ("s", "2")}
    assert handled([*log, entry("success", "3")]) == {("s", "1"), ("s", "2"), ("s", "3")}


def test_a_mapping_s_calls_are_waited_for_and_all_of_it_is_cleared_away(
    fresh_account: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use({**fresh_account, "LAB_STATE": os.environ[STATE]}, monkeypatch)
    functions, sqs, kinesis = boto3.client("lambda"), boto3.client("sqs"), boto3.client("kinesis")
    arn = create(kinesis, name="course-93-orders")
    kinesis.put_record(StreamName="course-93-orders", Data=b"x", PartitionKey="k")
    for name in ("course-93-worker", "another"):
        functions.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=ROLE.format(fresh_account["AWS_ACCESS_KEY_ID"]),
            Handler="app.handler",
            Code={"ZipFile": zipped(BAD)},
        )
        sqs.create_queue(QueueName=name)
    functions.create_event_source_mapping(
        FunctionName="course-93-worker", EventSourceArn=arn, StartingPosition="TRIM_HORIZON"
    )
    log = wait_for("course-93-worker", lambda log: len(log) >= 2)
    assert [one["outcome"] for one in log[:2]] == ["error", "error"]
    assert invocations("another") == []
    with pytest.raises(LabError, match="Invocations of another so far: none"):
        wait_for("another", lambda log: bool(log), seconds=0)

    told = list(clear("course-93", control()))
    assert told[:2] == ["deleted: functions course-93-worker", "deleted: queues course-93-worker"]
    assert [one["FunctionName"] for one in functions.list_functions()["Functions"]] == ["another"]
    assert functions.list_event_source_mappings()["EventSourceMappings"] == []
    assert [url.rpartition("/")[2] for url in sqs.list_queues()["QueueUrls"]] == ["another"]
