"""Enhanced fan-out as boto3 sees it: events, quotas of their own, take-over, five minutes."""

import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lab import clock
from lab.control import Control
from lab.rules import quotas
from tests.lab.emulator.support import client, code, create, iterator, quotas_off

pytestmark = pytest.mark.xdist_group("shared-lab")
SHARD = "shardId-000000000000"


def consumer(kinesis: Any, arn: str, name: str = "reader") -> str:
    made = str(kinesis.register_stream_consumer(StreamARN=arn, ConsumerName=name)["Consumer"]["ConsumerARN"])
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        told = kinesis.describe_stream_consumer(ConsumerARN=made)["ConsumerDescription"]
        if told["ConsumerStatus"] == "ACTIVE":
            break
        time.sleep(0.1)
    return made


def subscribe(kinesis: Any, reader: str, shard: str = SHARD, **position: Any) -> Any:
    position = position or {"Type": "TRIM_HORIZON"}
    answer = kinesis.subscribe_to_shard(ConsumerARN=reader, ShardId=shard, StartingPosition=position)
    return answer["EventStream"]


def first_records(events: Any, count: int) -> list[dict[str, Any]]:
    """The first COUNT records; then the connection is closed."""
    found: list[dict[str, Any]] = []
    for event in events:
        found += event["SubscribeToShardEvent"]["Records"]
        if len(found) >= count:
            break
    events.close()
    return found


def test_records_are_pushed_and_use_none_of_the_shared_quota(kinesis: Any, control: Control) -> None:
    arn = create(kinesis)
    reader = consumer(kinesis, arn)
    kinesis.put_record(StreamName="orders", Data=b"first", PartitionKey="k")
    before = control.look("buckets")["orders"][SHARD]
    events = subscribe(kinesis, reader)
    threading.Timer(
        0.5, lambda: kinesis.put_record(StreamName="orders", Data=b"second", PartitionKey="k")
    ).start()
    records = first_records(events, 2)
    assert [record["Data"] for record in records] == [b"first", b"second"]
    after = control.look("buckets")["orders"][SHARD]
    assert (before["read_calls"], before["read_bytes"]) == (after["read_calls"], after["read_bytes"])


def test_arrival_times_follow_the_clock(kinesis: Any, control: Control) -> None:
    reader = consumer(kinesis, create(kinesis))
    clock.advance(hours=30, of=control)
    kinesis.put_record(StreamName="orders", Data=b"x", PartitionKey="k")
    record = first_records(subscribe(kinesis, reader), 1)[0]
    assert abs((clock.now(control) - record["ApproximateArrivalTimestamp"]).total_seconds()) < 120


def test_a_second_subscription_is_refused_within_five_seconds_and_takes_over_after(
    kinesis: Any, control: Control, fresh_account: Mapping[str, str]
) -> None:
    reader = consumer(kinesis, create(kinesis))
    first = subscribe(kinesis, reader)
    began = time.monotonic()
    with pytest.raises(ClientError) as caught:
        subscribe(client(fresh_account), reader)
    assert code(caught.value) == "LimitExceededException", "one call a second"
    time.sleep(1.5)
    with pytest.raises(ClientError, match="Another active subscription") as caught:
        subscribe(client(fresh_account), reader)
    assert code(caught.value) == "ResourceInUseException"
    time.sleep(max(0.0, began + quotas.SUBSCRIPTION_TAKE_OVER_SECONDS + 0.5 - time.monotonic()))
    second = subscribe(client(fresh_account), reader)
    kinesis.put_record(StreamName="orders", Data=b"x", PartitionKey="k")
    assert [record["Data"] for record in first_records(second, 1)] == [b"x"]
    list(first)  # the taken-over stream has ended; without that this would wait for five minutes


def test_another_consumer_may_subscribe_at_once(kinesis: Any) -> None:
    arn = create(kinesis)
    streams = [subscribe(kinesis, consumer(kinesis, arn, name)) for name in ("one", "two")]
    kinesis.put_record(StreamName="orders", Data=b"x", PartitionKey="k")
    assert [len(first_records(events, 1)) for events in streams] == [1, 1]


def test_a_subscription_ends_after_five_minutes_of_the_clock(kinesis: Any, control: Control) -> None:
    reader = consumer(kinesis, create(kinesis))
    events = subscribe(kinesis, reader, Type="LATEST")
    clock.advance(seconds=quotas.SUBSCRIPTION_SECONDS, of=control)
    continuations = [event["SubscribeToShardEvent"]["ContinuationSequenceNumber"] for event in events]
    kinesis.put_record(StreamName="orders", Data=b"x", PartitionKey="k")
    if continuations:
        time.sleep(1.2)
        again = subscribe(kinesis, reader, Type="AFTER_SEQUENCE_NUMBER", SequenceNumber=continuations[-1])
        assert [record["Data"] for record in first_records(again, 1)] == [b"x"]


def test_a_latest_subscription_can_be_continued_without_having_read(kinesis: Any, control: Control) -> None:
    reader = consumer(kinesis, create(kinesis))
    kinesis.put_record(StreamName="orders", Data=b"earlier", PartitionKey="k")
    time.sleep(0.01)
    events = subscribe(kinesis, reader, Type="LATEST")
    event = next(iter(events))["SubscribeToShardEvent"]
    events.close()
    assert event["Records"] == []
    kinesis.put_record(StreamName="orders", Data=b"later", PartitionKey="k")
    place = iterator(
        kinesis,
        SHARD,
        kind="AFTER_SEQUENCE_NUMBER",
        StartingSequenceNumber=event["ContinuationSequenceNumber"],
    )
    assert [r["Data"] for r in kinesis.get_records(ShardIterator=place)["Records"]] == [b"later"]


def test_the_end_of_a_shard_names_its_children(kinesis: Any) -> None:
    reader = consumer(kinesis, create(kinesis))
    kinesis.put_record(StreamName="orders", Data=b"x", PartitionKey="k")
    kinesis.split_shard(StreamName="orders", ShardToSplit=SHARD, NewStartingHashKey=str(2**127))
    events = [event["SubscribeToShardEvent"] for event in subscribe(kinesis, reader)]
    assert [record["Data"] for event in events for record in event["Records"]] == [b"x"]
    assert [child["ShardId"][-1] for child in events[-1]["ChildShards"]] == ["1", "2"]


def test_each_consumer_has_two_mebibytes_a_second(kinesis: Any, control: Control) -> None:
    arn = create(kinesis)
    readers = [consumer(kinesis, arn, name) for name in ("unmetered", "metered")]
    quotas_off(control)
    for _ in range(6):
        kinesis.put_record(StreamName="orders", Data=b"x" * (quotas.MIB - 100), PartitionKey="k")
    began = time.monotonic()
    first_records(subscribe(kinesis, readers[0]), 6)
    unmetered = time.monotonic() - began
    control.set("quotas", mode="aws")
    began = time.monotonic()
    first_records(subscribe(kinesis, readers[1]), 6)
    assert time.monotonic() - began > 1.9, "two MiB at once, four more in two seconds"
    assert unmetered < 120


def registered(kinesis: Any, arn: str, first: int, last: int) -> None:
    for number in range(first, last):
        consumer(kinesis, arn, f"reader-{number:02}")


def one_too_many(kinesis: Any, arn: str) -> None:
    with pytest.raises(ClientError) as caught:
        consumer(kinesis, arn, "one-too-many")
    assert code(caught.value) == "LimitExceededException"


def test_twenty_consumers_and_fifty_with_advantage(kinesis: Any, control: Control) -> None:
    quotas_off(control)
    provisioned = create(kinesis)
    on_demand = create(kinesis, "events", StreamModeDetails={"StreamMode": "ON_DEMAND"})
    for arn in (provisioned, on_demand):
        registered(kinesis, arn, 0, 20)
        one_too_many(kinesis, arn)
    kinesis.update_account_settings(MinimumThroughputBillingCommitment={"Status": "ENABLED"})
    one_too_many(kinesis, provisioned)
    registered(kinesis, on_demand, 20, 50)
    one_too_many(kinesis, on_demand)
    with pytest.raises(kinesis.exceptions.ResourceInUseException):
        consumer(kinesis, on_demand, "reader-00")


def names_of(pages: Any) -> list[list[str]]:
    return [[one["ConsumerName"] for one in page["Consumers"]] for page in pages]


@pytest.mark.parametrize("most", [1, 2, 3, 4])
def test_consumers_are_listed_page_by_page(kinesis: Any, most: int) -> None:
    arn = create(kinesis)
    registered(kinesis, arn, 0, 3)
    wanted = ["reader-00", "reader-01", "reader-02"]
    pages = kinesis.get_paginator("list_stream_consumers").paginate(
        StreamARN=arn, PaginationConfig={"PageSize": most}
    )
    assert names_of(pages) == [wanted[place : place + most] for place in range(0, 3, most)]


def test_a_token_of_consumers_expires(kinesis: Any, control: Control) -> None:
    arn = create(kinesis)
    registered(kinesis, arn, 0, 2)
    token = kinesis.list_stream_consumers(StreamARN=arn, MaxResults=1)["NextToken"]
    clock.advance(seconds=quotas.NEXT_TOKEN_SECONDS - 60, of=control)
    page = kinesis.list_stream_consumers(StreamARN=arn, MaxResults=1, NextToken=token)
    assert names_of([page]) == [["reader-01"]], "the control"
    clock.advance(seconds=61, of=control)
    with pytest.raises(kinesis.exceptions.ExpiredNextTokenException):
        kinesis.list_stream_consumers(StreamARN=arn, NextToken=token)
    with pytest.raises(ClientError, match="Invalid NextToken"):
        kinesis.list_stream_consumers(StreamARN=arn, NextToken="nonsense")


def test_a_consumer_that_is_not_there(kinesis: Any) -> None:
    arn = create(kinesis)
    with pytest.raises(kinesis.exceptions.ResourceNotFoundException):
        subscribe(kinesis, f"{arn}/consumer/nobody:1700000000")
