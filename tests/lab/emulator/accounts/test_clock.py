"""The lab's clock: arrival times, retention, iterators and shards follow it, account by account."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lab import LabError, clock
from lab.aws.environment import fresh_account as new_account
from lab.aws.environment import lab_environment
from lab.aws.instance import Instance
from lab.control import Control, control_of
from lab.rules.control_token import VARIABLE, control_token
from tests.conftest import STATE
from tests.lab.emulator.support import client, code, create, everything, iterator, read_all, shards_of

pytestmark = pytest.mark.xdist_group("shared-lab")
SHARD = "shardId-000000000000"


def put(kinesis: Any, data: bytes) -> str:
    return str(kinesis.put_record(StreamName="orders", Data=data, PartitionKey="k")["SequenceNumber"])


def texts(records: list[dict[str, Any]]) -> list[bytes]:
    return [record["Data"] for record in records]


def test_arrival_times_follow_the_clock_of_their_moment(kinesis: Any, control: Control) -> None:
    create(kinesis)
    put(kinesis, b"before")
    clock.advance(hours=2, of=control)
    put(kinesis, b"after")
    before, after = (record["ApproximateArrivalTimestamp"] for record in everything(kinesis))
    assert timedelta(hours=2) <= after - before < timedelta(hours=2, minutes=5)
    assert abs(clock.now(control) - after) < timedelta(minutes=5)


def test_each_account_has_its_own_clock(kinesis: Any, control: Control, running_lab: str) -> None:
    clock.advance(days=3, of=control)
    neighbour = client(lab_environment(running_lab, new_account()))
    create(neighbour)
    put(neighbour, b"x")
    arrived = everything(neighbour)[0]["ApproximateArrivalTimestamp"]
    assert abs(datetime.now(UTC) - arrived) < timedelta(minutes=5)


def test_records_expire_and_do_not_come_back(kinesis: Any, control: Control) -> None:
    create(kinesis)
    put(kinesis, b"old")
    clock.advance(hours=23, of=control)
    assert texts(everything(kinesis)) == [b"old"], "the control: not yet"
    put(kinesis, b"young")
    clock.advance(hours=2, of=control)
    assert texts(everything(kinesis)) == [b"young"]
    kinesis.increase_stream_retention_period(StreamName="orders", RetentionPeriodHours=48)
    assert texts(everything(kinesis)) == [b"young"], "what has expired does not come back"
    clock.advance(hours=24, of=control)
    assert texts(everything(kinesis)) == [b"young"], "kept for the longer time"
    kinesis.decrease_stream_retention_period(StreamName="orders", RetentionPeriodHours=24)
    assert everything(kinesis) == []


def test_an_iterator_at_an_expired_record_begins_at_the_oldest_left(kinesis: Any, control: Control) -> None:
    create(kinesis)
    first = put(kinesis, b"old")
    clock.advance(hours=25, of=control)
    put(kinesis, b"young")
    place = iterator(kinesis, SHARD, kind="AT_SEQUENCE_NUMBER", StartingSequenceNumber=first)
    assert texts(kinesis.get_records(ShardIterator=place)["Records"]) == [b"young"]


def test_at_timestamp_speaks_of_the_labs_time(kinesis: Any, control: Control) -> None:
    create(kinesis)
    put(kinesis, b"first")
    clock.advance(hours=1, of=control)
    put(kinesis, b"second")
    clock.advance(hours=1, of=control)
    put(kinesis, b"third")

    def since(hours: float) -> list[bytes]:
        moment = clock.now(control) - timedelta(hours=hours)
        place = iterator(kinesis, SHARD, kind="AT_TIMESTAMP", Timestamp=moment)
        return texts(kinesis.get_records(ShardIterator=place)["Records"])

    assert since(0.5) == [b"third"]
    assert since(1.5) == [b"second", b"third"]
    assert since(100) == [b"first", b"second", b"third"], "older than the trim horizon is the trim horizon"
    with pytest.raises(ClientError) as caught:
        since(-1)
    assert code(caught.value) == "InvalidArgumentException"


def test_iterators_expire_after_five_minutes_of_the_clock(kinesis: Any, control: Control) -> None:
    create(kinesis)
    put(kinesis, b"x")
    place = iterator(kinesis, SHARD)
    clock.advance(minutes=4, seconds=30, of=control)
    following = kinesis.get_records(ShardIterator=place)["NextShardIterator"]
    clock.advance(minutes=1, of=control)
    with pytest.raises(kinesis.exceptions.ExpiredIteratorException, match="300000 milliseconds"):
        kinesis.get_records(ShardIterator=place)
    kinesis.get_records(ShardIterator=following)


def test_millis_behind_latest_counts_from_now(kinesis: Any, control: Control) -> None:
    create(kinesis)
    put(kinesis, b"first")
    clock.advance(hours=3, of=control)
    put(kinesis, b"second")
    page = kinesis.get_records(ShardIterator=iterator(kinesis, SHARD), Limit=1)
    assert 3 * 3_600_000 <= page["MillisBehindLatest"] < 3 * 3_600_000 + 300_000
    page = kinesis.get_records(ShardIterator=page["NextShardIterator"], Limit=1)
    assert page["MillisBehindLatest"] == 0


def test_a_closed_shard_expires(kinesis: Any, control: Control) -> None:
    create(kinesis)
    put(kinesis, b"x")
    kinesis.split_shard(StreamName="orders", ShardToSplit=SHARD, NewStartingHashKey=str(2**127))
    clock.advance(hours=23, of=control)
    assert [shard["ShardId"][-1] for shard in shards_of(kinesis)] == ["0", "1", "2"]
    assert texts(read_all(kinesis, SHARD)) == [b"x"]
    clock.advance(hours=2, of=control)
    assert [shard["ShardId"][-1] for shard in shards_of(kinesis)] == ["1", "2"]
    described = kinesis.describe_stream(StreamName="orders")["StreamDescription"]
    assert [shard["ShardId"][-1] for shard in described["Shards"]] == ["1", "2"]
    with pytest.raises(kinesis.exceptions.ResourceNotFoundException, match=f"{SHARD} .* does not exist"):
        iterator(kinesis, SHARD)


def test_shard_filters(kinesis: Any, control: Control) -> None:
    create(kinesis)
    clock.advance(hours=5, of=control)
    middle = clock.now(control)
    clock.advance(hours=5, of=control)
    kinesis.split_shard(StreamName="orders", ShardToSplit=SHARD, NewStartingHashKey=str(2**127))
    clock.advance(minutes=1, of=control)  # boto3 sends whole seconds

    def listed(**filter_: Any) -> str:
        return "".join(shard["ShardId"][-1] for shard in shards_of(kinesis, ShardFilter=filter_))

    assert listed(Type="AT_TRIM_HORIZON") == "0"
    assert listed(Type="FROM_TRIM_HORIZON") == "012"
    assert listed(Type="AT_LATEST") == "12"
    assert listed(Type="AT_TIMESTAMP", Timestamp=middle) == "0"
    assert listed(Type="FROM_TIMESTAMP", Timestamp=middle) == "012"
    assert listed(Type="AT_TIMESTAMP", Timestamp=clock.now(control)) == "12"
    assert listed(Type="AFTER_SHARD_ID", ShardId=SHARD) == "12"


def test_pages_of_shards_and_their_tokens_expire(kinesis: Any, control: Control) -> None:
    create(kinesis, shards=5)
    page = kinesis.list_shards(StreamName="orders", MaxResults=2)
    ids = [shard["ShardId"][-1] for shard in page["Shards"]]
    rest = kinesis.list_shards(NextToken=page["NextToken"])
    assert ids + [shard["ShardId"][-1] for shard in rest["Shards"]] == list("01234")
    clock.advance(seconds=301, of=control)
    with pytest.raises(kinesis.exceptions.ExpiredNextTokenException):
        kinesis.list_shards(NextToken=page["NextToken"])


def test_the_command(running_lab: str) -> None:
    variables = {**os.environ, "LAB_STATE": os.environ[STATE]}
    account = new_account()

    def lab(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "lab.cli", "clock", "--account", account, *words]
        return subprocess.run(command, env=variables, capture_output=True, text=True)

    assert "the same as this machine's" in lab().stdout
    assert "1 day, 1:00:00 ahead" in lab("+25h").stdout
    assert "1 day, 2:30:00 ahead" in lab("+90m").stdout
    for wrong in ("25h", "+25", "+1w", "yesterday", "+h"):
        done = lab(wrong)
        assert done.returncode == 1
        assert f"{wrong!r} is no step of the clock. Write it as +25h" in done.stderr


def test_in_a_graded_process_the_token_opens_only_its_own_clock(
    fresh_account: Mapping[str, str], control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Instance(Path(os.environ[STATE])).running
    assert known is not None
    token = control_token(known.secret, control.account, "learner")
    for name, value in {**fresh_account, VARIABLE: token, "LAB_STATE": "/nowhere"}.items():
        monkeypatch.setenv(name, value)
    assert clock.advance(hours=1) - datetime.now(UTC) > timedelta(minutes=59)
    assert boto3.client("kinesis").list_streams()["StreamNames"] == []
    with pytest.raises(LabError, match="only forward"):
        clock.advance(hours=-1)
    own = Control(known.endpoint, control.account, token)
    with pytest.raises(LabError, match="does not open quotas"):
        own.set("quotas", mode="off")
    with pytest.raises(LabError, match="does not open clock"):
        Control(known.endpoint, new_account(), token).look("clock")


def test_wiping_an_account_leaves_its_neighbours_alone(
    kinesis: Any, control: Control, running_lab: str
) -> None:
    create(kinesis)
    clock.advance(hours=1, of=control)
    neighbours = lab_environment(running_lab, new_account())
    neighbour = client(neighbours)
    create(neighbour)
    control.set("wipe")
    assert kinesis.list_streams()["StreamNames"] == []
    assert clock.ahead(control) == timedelta(0)
    assert neighbour.list_streams()["StreamNames"] == ["orders"]
    there = control_of(Instance(Path(os.environ[STATE])), neighbours["AWS_ACCESS_KEY_ID"])
    assert clock.ahead(there) == timedelta(0)


def test_at_a_pace_of_fifty_buckets_and_states_pass_fifty_times_faster(
    kinesis: Any, control: Control
) -> None:
    create(kinesis)
    record = {"StreamName": "orders", "Data": b"", "PartitionKey": "k"}
    control.set("quotas", scale=0.0005)  # a record in two seconds
    kinesis.put_record(**record)
    with pytest.raises(kinesis.exceptions.ProvisionedThroughputExceededException):
        kinesis.put_record(**record)
    before = control.look("clock")["now"]
    assert control.set("clock", pace=50)["pace"] == 50
    time.sleep(0.2)
    kinesis.put_record(**record)
    assert control.look("clock")["now"] - before > 8
    control.set("states", deleting=20)
    kinesis.delete_stream(StreamName="orders")
    time.sleep(0.5)
    with pytest.raises(kinesis.exceptions.ResourceNotFoundException):
        kinesis.describe_stream(StreamName="orders")
    control.set("clock", pace=1)
    with pytest.raises(LabError, match="pace is a number"):
        control.set("clock", pace=0.5)
    with pytest.raises(LabError, match="there is no sleeping"):
        control.set("states", sleeping=1)
