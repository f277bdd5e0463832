"""Per-shard read quotas, and what GetRecords tells."""

import time
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from lab.control import Control
from lab.rules import quotas
from tests.lab.emulator.support import client, code, create, iterator, quotas_off, shards_of

pytestmark = pytest.mark.xdist_group("shared-lab")
SHARD = "shardId-000000000000"
THROTTLED = "ProvisionedThroughputExceededException"


def outcomes(kinesis: Any, shard_iterator: str, calls: int) -> list[str]:
    """What became of CALLS GetRecords calls with one iterator: "ok" or the error's code."""
    found = []
    for _ in range(calls):
        try:
            kinesis.get_records(ShardIterator=shard_iterator)
            found.append("ok")
        except ClientError as error:
            found.append(code(error))
    return found


def test_five_calls_a_second_for_all_readers_of_a_shard(kinesis: Any, control: Control) -> None:
    create(kinesis, shards=2)
    one, other = (iterator(kinesis, shard["ShardId"]) for shard in shards_of(kinesis))
    control.set("quotas", scale=0.2)
    found = outcomes(kinesis, one, 20)
    assert found[0] == "ok"
    assert found.count(THROTTLED) >= 10
    assert outcomes(kinesis, other, 1) == ["ok"], "each shard has its own"
    quotas_off(control)
    assert outcomes(kinesis, one, 20) == ["ok"] * 20, "the control"


def test_the_message_names_shard_stream_and_account(kinesis: Any, control: Control) -> None:
    create(kinesis)
    place = iterator(kinesis, SHARD)
    control.set("quotas", scale=0.01)
    outcomes(kinesis, place, 1)
    with pytest.raises(ClientError) as caught:
        kinesis.get_records(ShardIterator=place)
    assert caught.value.response["Error"] == {
        "Code": THROTTLED,
        "Message": f"Rate exceeded for shard {SHARD} in stream orders under account {control.account}.",
    }


def fill(kinesis: Any, control: Control, mebibytes: int) -> None:
    quotas_off(control)
    create(kinesis)
    for _ in range(mebibytes):
        kinesis.put_record(StreamName="orders", Data=b"x" * (quotas.MIB - 200), PartitionKey="k")


def test_after_ten_mebibytes_the_shard_is_closed_for_reads(kinesis: Any, control: Control) -> None:
    fill(kinesis, control, 11)
    control.set("quotas", mode="aws")
    place = iterator(kinesis, SHARD)
    began = time.monotonic()
    page = kinesis.get_records(ShardIterator=place)
    assert len(page["Records"]) == 10, "ten MiB in one call, though the rate is two a second"
    assert page["MillisBehindLatest"] > 0
    assert outcomes(kinesis, page["NextShardIterator"], 1) == [THROTTLED]
    closed = control.look("buckets")["orders"][SHARD]["read_closed_seconds"]
    assert 5 - (time.monotonic() - began) <= closed <= 5
    control.set("quotas", scale=100)
    assert outcomes(kinesis, page["NextShardIterator"], 1) == [THROTTLED], "the debt stays"
    quotas_off(control)
    assert outcomes(kinesis, page["NextShardIterator"], 1) == ["ok"], "the control"


def test_small_reads_stay_open(kinesis: Any, control: Control) -> None:
    fill(kinesis, control, 1)
    control.set("quotas", mode="aws")
    place = iterator(kinesis, SHARD)
    assert outcomes(kinesis, place, 1) == ["ok"]
    assert control.look("buckets")["orders"][SHARD]["read_closed_seconds"] == 0


def test_at_most_ten_thousand_records(
    kinesis: Any, control: Control, fresh_account: Mapping[str, str]
) -> None:
    unchecked = client(fresh_account, config=Config(parameter_validation=False))
    quotas_off(control)
    create(kinesis)
    for _ in range(21):
        kinesis.put_records(StreamName="orders", Records=[{"Data": b"", "PartitionKey": "k"}] * 500)
    place = iterator(kinesis, SHARD)
    page = kinesis.get_records(ShardIterator=place)
    assert len(page["Records"]) == quotas.GET_RECORDS_MAX_RECORDS
    assert page["MillisBehindLatest"] > 0
    rest = kinesis.get_records(ShardIterator=page["NextShardIterator"])
    assert (len(rest["Records"]), rest["MillisBehindLatest"]) == (500, 0)
    with pytest.raises(ClientError, match="'10001' at 'limit'") as caught:
        unchecked.get_records(ShardIterator=place, Limit=10_001)
    assert code(caught.value) == "ValidationException"


def test_behind_counts_records_of_the_same_millisecond(kinesis: Any) -> None:
    create(kinesis)
    kinesis.put_records(StreamName="orders", Records=[{"Data": b"", "PartitionKey": "k"}] * 3)
    page = kinesis.get_records(ShardIterator=iterator(kinesis, SHARD), Limit=2)
    assert (len(page["Records"]), page["MillisBehindLatest"] > 0) == (2, True)
    page = kinesis.get_records(ShardIterator=page["NextShardIterator"], Limit=2)
    assert (len(page["Records"]), page["MillisBehindLatest"]) == (1, 0)


def test_five_iterators_a_second(kinesis: Any, control: Control) -> None:
    create(kinesis)
    control.set("quotas", scale=0.2)
    iterator(kinesis, SHARD)
    with pytest.raises(kinesis.exceptions.ProvisionedThroughputExceededException):
        [iterator(kinesis, SHARD) for _ in range(20)]


def test_an_iterator_fits_the_longest_stream_name(kinesis: Any) -> None:
    name = "n" * 128
    create(kinesis, name)
    kinesis.put_record(StreamName=name, Data=b"x", PartitionKey="k")
    place = iterator(kinesis, SHARD, name)
    assert len(place) <= 512
    page = kinesis.get_records(ShardIterator=place)
    assert len(page["NextShardIterator"]) <= 512
    assert len(page["Records"]) == 1


def test_iterators_that_are_none(kinesis: Any) -> None:
    create(kinesis)
    place = iterator(kinesis, SHARD)
    changed = place[:60] + ("A" if place[60] != "A" else "B") + place[61:]
    for wrong in ("nonsense", "a.b.c.d", place[:-8], changed, place + "=", f"'{place}'", f'"{place}'):
        with pytest.raises(ClientError, match="Invalid ShardIterator") as caught:
            kinesis.get_records(ShardIterator=wrong)
        assert code(caught.value) == "InvalidArgumentException", wrong
    assert kinesis.get_records(ShardIterator=f'"{place}"')["Records"] == [], "as aws --query prints it"
    kinesis.delete_stream(StreamName="orders")
    with pytest.raises(kinesis.exceptions.ResourceNotFoundException):
        kinesis.get_records(ShardIterator=place)
