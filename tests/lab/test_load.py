"""Load: callers that begin together, a log of real requests, and shards whose buckets are full again."""

import os
import threading
from collections.abc import Mapping
from typing import Any

import boto3
import pytest
from botocore.config import Config

from lab import clock, wait_until_active
from lab.control import Control, control
from lab.errors import LabError
from lab.load import CallLog, at_once, pause, wait_until_full
from tests.conftest import STATE

THROTTLED = "ProvisionedThroughputExceededException"


@pytest.fixture
def switches(fresh_account: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Control:
    for name, value in fresh_account.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LAB_STATE", os.environ[STATE])
    return control()


@pytest.fixture
def stream(switches: Control) -> str:
    kinesis = client(attempts=3)
    kinesis.create_stream(StreamName="load", ShardCount=1)
    wait_until_active(kinesis, "load")
    return "load"


def client(attempts: int) -> Any:
    """Of the account in the environment: boto3's default session would keep that of an earlier test."""
    config = Config(retries={"total_max_attempts": attempts, "mode": "standard"})
    return boto3.Session().client("kinesis", config=config)


def test_callers_begin_together_and_answer_in_their_order() -> None:
    together = threading.Barrier(5, timeout=30)

    def work(number: int) -> int:
        together.wait()  # broken, if the five did not run at the same time
        return number * number

    assert at_once(work, 5) == [0, 1, 4, 9, 16]


def test_what_a_caller_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        at_once(lambda number: 1 / number, 2)


def test_nobody_waits_less_than_nothing() -> None:
    pause(0)
    with pytest.raises(ValueError, match="0 or more"):
        pause(-0.1)


def test_log_holds_every_request_also_those_that_botocore_repeats(switches: Control, stream: str) -> None:
    rule = {"operation": "kinesis.PutRecord", "error": THROTTLED, "requests": [1, 2]}
    switches.set("faults", rules=[rule])
    patient = client(attempts=3)
    log = CallLog(patient, "PutRecord")
    patient.put_record(StreamName=stream, PartitionKey="k", Data=b"x")
    patient.list_shards(StreamName=stream)
    assert [call.error for call in log.calls] == [THROTTLED, THROTTLED, None]
    moments = [call.seconds for call in log.calls]
    assert moments == sorted(moments)


def test_full_means_that_a_second_of_records_goes_in(switches: Control, stream: str) -> None:
    switches.set("quotas", scale=0.02)
    burst = [{"PartitionKey": "k", "Data": b"x"}] * 20
    kinesis = client(attempts=1)
    refused = []
    for _ in range(3):
        wait_until_full(stream)
        refused.append(kinesis.put_records(StreamName=stream, Records=burst)["FailedRecordCount"])
    assert refused == [0, 0, 0]
    assert kinesis.put_records(StreamName=stream, Records=burst)["FailedRecordCount"] > 0


def test_waiting_for_a_full_shard_ends(switches: Control, stream: str) -> None:
    switches.set("quotas", scale=0.001)
    client(attempts=1).put_record(StreamName=stream, PartitionKey="k", Data=b"x")
    with pytest.raises(LabError, match="still busy after 0 seconds"):
        wait_until_full(stream, seconds=0)


def test_the_next_minute_begins_at_its_beginning(switches: Control) -> None:
    before = clock.now()
    minute = clock.next_minute()
    assert (minute.second, minute.microsecond) == (0, 0)
    assert 0 < (minute - before).total_seconds() <= 60
    assert 0 <= (clock.now() - minute).total_seconds() < 30
