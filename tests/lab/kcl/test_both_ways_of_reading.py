"""The real KCL through a split and a merge, by polling and by fan-out: CBOR, HTTP/2, event streams."""

from collections import Counter
from typing import Any

import pytest

from lab.aws.environment import fresh_account, lab_environment
from lab.connection import wait_until_active
from lab.kcl import Application
from lab.rules.hash_space import is_open, range_of
from tests.lab.kcl.test_application import PROCESSOR, STREAM, client, delivered, put

pytestmark = [pytest.mark.xdist_group("kcl"), pytest.mark.long]


def open_shards(kinesis: Any) -> list[Any]:
    found = kinesis.list_shards(StreamName=STREAM)["Shards"]
    return sorted((shard for shard in found if is_open(shard)), key=range_of)


def split(kinesis: Any) -> str:
    (shard,) = open_shards(kinesis)
    asked = {"ShardToSplit": shard["ShardId"], "NewStartingHashKey": str(range_of(shard).middle)}
    kinesis.split_shard(StreamName=STREAM, **asked)
    wait_until_active(kinesis, STREAM)
    return str(shard["ShardId"])


def merge(kinesis: Any) -> list[str]:
    one, other = (str(shard["ShardId"]) for shard in open_shards(kinesis))
    kinesis.merge_shards(StreamName=STREAM, ShardToMerge=one, AdjacentShardToMerge=other)
    wait_until_active(kinesis, STREAM)
    return [one, other]


@pytest.mark.parametrize("mode", ["POLLING", "FANOUT"])
def test_every_record_once_and_each_shard_to_its_end(running_lab: str, mode: str) -> None:
    environment = lab_environment(running_lab, fresh_account())
    kinesis = client("kinesis", environment)
    kinesis.create_stream(StreamName=STREAM, ShardCount=1)
    wait_until_active(kinesis, STREAM)
    properties = {"retrievalMode": mode}
    with Application("app", STREAM, PROCESSOR, environment=environment, properties=properties) as app:
        app.start("worker-1")
        sent, ended = put(kinesis, 0), []
        app.wait_until(lambda events: sent <= delivered(events).keys())
        ended.append(split(kinesis))
        sent |= put(kinesis, 1)
        app.wait_until(lambda events: sent <= delivered(events).keys())
        ended += merge(kinesis)
        sent |= put(kinesis, 2)
        app.wait_until(lambda events: sent <= delivered(events).keys())
        for shard in ended:
            app.wait_until(
                lambda events, shard=shard: any(
                    (event.shard, event.sequence_number) == (shard, "SHARD_END") for event in events
                )
            )
        arn = kinesis.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]["StreamARN"]
        consumers = kinesis.list_stream_consumers(StreamARN=arn)["Consumers"]
        app.stop("worker-1")
    assert delivered(app.events) == Counter(sent)
    assert len(consumers) == (1 if mode == "FANOUT" else 0), "the control: it did read that way"
