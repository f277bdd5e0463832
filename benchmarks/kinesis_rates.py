"""Kinesis calls on the lab against plain LocalStack, side by side in one run.

Plain: the same LocalStack with its own Kinesis (`benchmarks/_plain.py`). Quotas and metrics are on in the
lab, at a scale that never throttles. The two take turns, so a busy machine hits both alike.

Each kind of call is made through boto3, as a learner makes it, and through `benchmarks/_http_client.py`,
which leaves boto3's own work out.
"""

import base64
import contextlib
import json
import os
import statistics
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
import psutil
from botocore.config import Config

from benchmarks._http_client import HttpClient
from benchmarks._plain import plain_localstack
from lab.aws.environment import LEARNER_ACCOUNT, REGION, SECRET
from lab.aws.instance import private_lab
from lab.control import Control, control_of

ROUNDS = 8
ONE_BY_ONE = 40
SHARED = 400
CALLS = 3
"""PutRecords calls of 500 records in each round."""
RECORDS = [{"Data": b"x" * 100, "PartitionKey": f"player-{n}"} for n in range(500)]


@dataclass(frozen=True)
class Side:
    """One of the two that are compared: its clients, and the process that serves them."""

    client: Any
    """boto3's."""
    bare: HttpClient
    pid: int

    def processor_seconds(self) -> float:
        """Of the process and its children, so far."""
        process = psutil.Process(self.pid)
        times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
        return sum(one.user + one.system for one in times)


def kinesis(endpoint: str) -> Any:
    client = boto3.client(
        "kinesis", endpoint_url=endpoint, region_name=REGION, aws_access_key_id=LEARNER_ACCOUNT,
        aws_secret_access_key=SECRET, config=Config(retries={"total_max_attempts": 1, "mode": "standard"}),
    )  # fmt: skip
    client.create_stream(StreamName="rates", ShardCount=4)
    client.get_waiter("stream_exists").wait(StreamName="rates", WaiterConfig={"Delay": 1})
    return client


def write(client: Any) -> float:
    """Records a second."""
    began = time.perf_counter()
    for _ in range(CALLS):
        assert client.put_records(StreamName="rates", Records=RECORDS)["FailedRecordCount"] == 0
    return CALLS * len(RECORDS) / (time.perf_counter() - began)


def read(client: Any) -> float:
    """Records a second, 500 a call, the stream from its beginning."""
    places = []
    for shard in client.list_shards(StreamName="rates")["Shards"]:
        asked = {"ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        places.append(client.get_shard_iterator(StreamName="rates", **asked)["ShardIterator"])
    count, began = 0, time.perf_counter()
    for place in places:
        for _ in range(3):
            page = client.get_records(ShardIterator=place, Limit=500)
            count += len(page["Records"])
            place = page["NextShardIterator"]
    return count / (time.perf_counter() - began)


def write_one(client: Any) -> float:
    """Records a second, one after the other."""
    began = time.perf_counter()
    for number in range(ONE_BY_ONE):
        client.put_record(StreamName="rates", Data=b"x" * 100, PartitionKey=f"player-{number}")
    return ONE_BY_ONE / (time.perf_counter() - began)


def _until(status: str, client: Any, name: str) -> None:
    """Ask without a pause until the stream is ACTIVE, or gone."""
    while True:
        try:
            answer = client.describe_stream_summary(StreamName=name)
        except client.exceptions.ResourceNotFoundException:
            if status == "gone":
                return
            continue
        if answer["StreamDescriptionSummary"]["StreamStatus"] == status:
            return


def create_and_delete(client: Any) -> float:
    """Streams a second, made until ACTIVE and deleted until they are gone."""
    began = time.perf_counter()
    client.create_stream(StreamName="passing", ShardCount=4)
    _until("ACTIVE", client, "passing")
    client.delete_stream(StreamName="passing")
    _until("gone", client, "passing")
    return 1 / (time.perf_counter() - began)


def split(client: Any) -> float:
    """Splits a second, each until the stream is ACTIVE; the stream is a new one each time."""
    client.create_stream(StreamName="splitting", ShardCount=1)
    _until("ACTIVE", client, "splitting")
    asked = {"ShardToSplit": "shardId-000000000000", "NewStartingHashKey": str(2**127)}
    began = time.perf_counter()
    client.split_shard(StreamName="splitting", **asked)
    _until("ACTIVE", client, "splitting")
    seconds = time.perf_counter() - began
    _remove(client, "splitting")
    return 1 / seconds


def rescale(client: Any) -> float:
    """UpdateShardCount calls a second, from 4 to 8 and back, each until the stream is ACTIVE."""
    client.create_stream(StreamName="scaling", ShardCount=4)
    _until("ACTIVE", client, "scaling")
    began = time.perf_counter()
    for target in (8, 4):
        client.update_shard_count(
            StreamName="scaling", TargetShardCount=target, ScalingType="UNIFORM_SCALING"
        )
        _until("ACTIVE", client, "scaling")
    seconds = time.perf_counter() - began
    _remove(client, "scaling")
    return 2 / seconds


def consume(client: Any) -> float:
    """Consumers a second, registered until ACTIVE and deregistered."""
    arn = client.describe_stream_summary(StreamName="rates")["StreamDescriptionSummary"]["StreamARN"]
    began = time.perf_counter()
    made = client.register_stream_consumer(StreamARN=arn, ConsumerName="passing")["Consumer"]
    asked = {"ConsumerARN": made["ConsumerARN"]}
    while client.describe_stream_consumer(**asked)["ConsumerDescription"]["ConsumerStatus"] != "ACTIVE":
        pass
    client.deregister_stream_consumer(**asked)
    seconds = time.perf_counter() - began
    with contextlib.suppress(client.exceptions.ResourceNotFoundException):
        while client.describe_stream_consumer(**asked):
            pass
    return 1 / seconds


def _remove(client: Any, name: str) -> None:
    client.delete_stream(StreamName=name)
    _until("gone", client, name)


def side_by_side(
    name: str, what: str, ours: Side, plain: Side, measure: Callable[[Any], float], target: float
) -> None:
    """Print both sides' medians of MEASURE."""
    rates: dict[str, list[float]] = {"ours": [], "plain": [], "ours, bare": [], "plain, bare": []}
    busy: dict[str, float] = {"ours": 0.0, "plain": 0.0}
    for number in range(ROUNDS):
        order = [("ours", ours), ("plain", plain)]
        for label, side in order if number % 2 else order[::-1]:
            before = side.processor_seconds()
            rates[label].append(measure(side.client))
            busy[label] += side.processor_seconds() - before
            side.bare.connect()
            rates[f"{label}, bare"].append(measure(side.bare))
    lab, localstack, bare, plain_bare = (statistics.median(found) for found in rates.values())
    print(
        f"{name}: {lab:,.0f} {what}/s, plain LocalStack {localstack:,.0f}: {lab / localstack:.1f} times "
        f"(target {target:g}); without boto3 {bare:,.0f} and {plain_bare:,.0f}: {bare / plain_bare:.1f} "
        f"times; of the servers' processor time {busy['plain'] / busy['ours']:.1f} times less",
        flush=True,
    )


def boto3s_share(client: Any, process: psutil.Process) -> None:
    """Processor time of one PutRecord through boto3: of this process, and of the lab's."""
    put = {"StreamName": "rates", "Data": b"x" * 100, "PartitionKey": "player"}
    before, served = time.process_time(), sum(process.cpu_times()[:2])
    for _ in range(SHARED):
        client.put_record(**put)
    ours = (time.process_time() - before) / SHARED
    theirs = (sum(process.cpu_times()[:2]) - served) / SHARED
    print(f"a PutRecord: boto3 {ours * 1e3:.1f} ms of processor time, the lab {theirs * 1e3:.1f} ms")


def rejected_against_accepted(endpoint: str, control: Control) -> None:
    """Time of a PutRecords whose records are all refused, against one whose records are all accepted.

    Sent as prepared bytes, so that boto3's own work, the same for both, is left out.
    """
    wire = [
        {"Data": base64.b64encode(b"x" * 100).decode(), "PartitionKey": f"player-{n}"} for n in range(500)
    ]
    body = json.dumps({"StreamName": "rates", "Records": wire}).encode()
    seconds: dict[float, list[float]] = {1000.0: [], 1e-6: []}
    for scale in [1000.0] * ROUNDS + [1e-6] * ROUNDS:  # a debt made at the second would stay
        control.set("quotas", scale=scale)
        began = time.perf_counter()
        failed = put(endpoint, body)
        seconds[scale].append((time.perf_counter() - began) / len(wire))
        assert (failed == 0) if scale > 1 else (failed >= len(wire) - 4), (scale, failed)
    accepted, refused = (statistics.median(seconds[scale]) for scale in (1000.0, 1e-6))
    print(f"a refused record: {refused * 1e6:.0f} µs, an accepted one {accepted * 1e6:.0f} µs")


def put(endpoint: str, body: bytes) -> int:
    """PutRecords as bytes; how many records failed."""
    headers = {
        "X-Amz-Target": "Kinesis_20131202.PutRecords",
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Date": "20260101T000000Z",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={LEARNER_ACCOUNT}/20260101/{REGION}/kinesis/"
        "aws4_request, SignedHeaders=host, Signature=0",
    }
    asked = urllib.request.Request(endpoint, data=body, headers=headers)
    with urllib.request.urlopen(asked) as answer:
        return int(json.load(answer)["FailedRecordCount"])


def main() -> None:
    """Print the ratios."""
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    with plain_localstack() as (endpoint, process), private_lab() as lab:
        known = lab.running
        assert known is not None
        control = control_of(lab, LEARNER_ACCOUNT)
        control.set("quotas", scale=1000)
        bare = [HttpClient(one, LEARNER_ACCOUNT, REGION) for one in (known.endpoint, endpoint)]
        ours = Side(kinesis(known.endpoint), bare[0], known.pid)
        plain = Side(kinesis(endpoint), bare[1], process)
        boto3s_share(ours.client, psutil.Process(known.pid))
        side_by_side("PutRecords of 500 x 100 bytes", "records", ours, plain, write, 15)
        side_by_side("PutRecord", "records", ours, plain, write_one, 4)
        side_by_side("GetRecords", "records", ours, plain, read, 4)
        control.set("quotas", mode="off")  # the calls a second of the control plane
        side_by_side("CreateStream and DeleteStream", "streams", ours, plain, create_and_delete, 10)
        side_by_side("SplitShard", "calls", ours, plain, split, 5)
        side_by_side("UpdateShardCount", "calls", ours, plain, rescale, 5)
        side_by_side("consumers", "consumers", ours, plain, consume, 5)
        control.set("quotas", mode="aws")
        rejected_against_accepted(known.endpoint, control)


if __name__ == "__main__":
    main()
