"""The switch `shards`: what became of every record, against the answers that clients had."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from lab.control import Control
from lab.rules import quotas
from tests.lab.emulator.support import create, quotas_off

pytestmark = pytest.mark.xdist_group("shared-lab")
FIRST, SECOND = "shardId-000000000000", "shardId-000000000001"


def counts(control: Control, what: str) -> dict[str, int]:
    return {name: shard[what] for name, shard in control.look("shards")["orders"]["shards"].items()}


def test_accepted_and_refused_are_what_put_records_answered(kinesis: Any, control: Control) -> None:
    create(kinesis, shards=2)
    control.set("quotas", scale=0.05)
    accepted, refused = {FIRST: 0, SECOND: 0}, 0
    for _ in range(4):
        records = [{"Data": b"x", "PartitionKey": f"key-{n}"} for n in range(200)]
        answer = kinesis.put_records(StreamName="orders", Records=records)
        refused += answer["FailedRecordCount"]
        for one in answer["Records"]:
            if "ShardId" in one:
                accepted[one["ShardId"]] += 1
    assert refused > 0, "the control: some were refused"
    assert counts(control, "accepted") == accepted
    assert sum(counts(control, "refused").values()) == refused
    control.set("quotas", scale=0.0001)  # the next record is for later than any client tries again
    with pytest.raises(ClientError):
        kinesis.put_record(StreamName="orders", Data=b"x", PartitionKey="key-1")
    assert sum(counts(control, "refused").values()) > refused
    assert counts(control, "accepted") == accepted
    buckets = control.look("shards")["orders"]["shards"][FIRST]["buckets"]
    assert buckets["write_records"] <= quotas.SHARD_WRITE_RECORDS_PER_SECOND


def test_expired_by_the_clock_and_shards_that_are_gone(kinesis: Any, control: Control) -> None:
    quotas_off(control)
    create(kinesis)
    for _ in range(3):
        kinesis.put_record(StreamName="orders", Data=b"x", PartitionKey="k")
    control.set("clock", advance_seconds=20 * 3600)
    kinesis.put_record(StreamName="orders", Data=b"x", PartitionKey="k")
    assert counts(control, "expired") == {FIRST: 0}
    control.set("clock", advance_seconds=5 * 3600)
    assert counts(control, "expired") == {FIRST: 3}, "nobody has read or trimmed it"
    kinesis.split_shard(StreamName="orders", ShardToSplit=FIRST, NewStartingHashKey=str(2**127))
    shards = control.look("shards")["orders"]["shards"]
    assert shards[FIRST]["closed"] is not None
    assert [one["parents"] for one in shards.values()] == [[], [FIRST], [FIRST]]
    assert shards[SECOND]["last_hash_key"] == str(2**127 - 1)
    control.set("clock", advance_seconds=25 * 3600)
    told = control.look("shards")["orders"]
    assert [one["listed"] for one in told["shards"].values()] == [False, True, True]
    assert told["shards"][FIRST]["accepted"] == told["shards"][FIRST]["expired"] == 4
    assert len(kinesis.list_shards(StreamName="orders")["Shards"]) == 2
