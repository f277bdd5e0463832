"""Lambda: what one invocation costs, and how many records a second go through a mapping.

In turns: a warm invocation beside a plain call to the lab; a mapping that hands over every record beside a
loop of GetRecords that reads them. A mapping reads each shard once a second, as AWS does, and at most 10,000
records at a time: a shard gives it no more than that, however fast the lab is.
"""

import io
import json
import statistics
import time
import zipfile
from collections.abc import Callable
from typing import Any, Final

import boto3

from lab import wait_until_active
from lab.aws.environment import lab_environment
from lab.aws.instance import Instance, private_lab
from lab.control import control_of

ACCOUNT: Final = "111122223333"
ROUNDS: Final = 3
CALLS: Final = 50
SHARDS: Final = 4
RECORDS: Final = 100_000
PATIENCE_SECONDS: Final = 300.0
HANDLER: Final = "def handler(event, context):\n    return len(event.get('Records', ()))\n"


def main() -> None:
    with private_lab() as lab:
        assert lab.running is not None
        variables = lab_environment(lab.running.endpoint, ACCOUNT)
        control_of(lab, ACCOUNT).set("quotas", mode="off")

        def client(service: Any) -> Any:
            return boto3.client(
                service,
                endpoint_url=variables["AWS_ENDPOINT_URL"],
                region_name=variables["AWS_REGION"],
                aws_access_key_id=ACCOUNT,
                aws_secret_access_key="x",
            )

        functions, kinesis = client("lambda"), client("kinesis")
        functions.create_function(
            FunctionName="count",
            Runtime="python3.12",
            Role=f"arn:aws:iam::{ACCOUNT}:role/worker",
            Handler="app.handler",
            Timeout=60,
            MemorySize=1024,
            Code={"ZipFile": _zipped()},
        )
        _invocations(functions, kinesis)
        _mapping(lab, functions, kinesis)


def _zipped() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("app.py", HANDLER)
    return made.getvalue()


def _median_ms(call: Callable[[], Any]) -> float:
    seconds = []
    for _ in range(CALLS):
        begun = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds) * 1000


def _invocations(functions: Any, kinesis: Any) -> None:
    def invoke() -> None:
        functions.invoke(FunctionName="count", Payload=b"{}")["Payload"].read()

    begun = time.perf_counter()
    invoke()
    print(f"  first invocation, its process included: {(time.perf_counter() - begun) * 1000:.0f} ms")
    for _ in range(ROUNDS):
        warm, plain = _median_ms(invoke), _median_ms(kinesis.list_streams)
        print(f"  warm invocation {warm:.1f} ms, ListStreams {plain:.1f} ms: {warm / plain:.1f} times")


def _mapping(lab: Instance, functions: Any, kinesis: Any) -> None:
    kinesis.create_stream(StreamName="many", ShardCount=SHARDS)
    wait_until_active(kinesis, "many")
    for first in range(0, RECORDS, 500):
        entries = [
            {"Data": json.dumps({"order": number}).encode() + b" " * 80, "PartitionKey": str(number)}
            for number in range(first, first + 500)
        ]
        kinesis.put_records(StreamName="many", Records=entries)
    arn = kinesis.describe_stream_summary(StreamName="many")["StreamDescriptionSummary"]["StreamARN"]
    for _ in range(ROUNDS):
        mapped, read = _mapped(lab, functions, arn), _read(kinesis)
        print(
            f"  {RECORDS:,} records in {SHARDS} shards: through a mapping {RECORDS / mapped:,.0f}/s, by "
            f"GetRecords {RECORDS / read:,.0f}/s"
        )


def _mapped(lab: Instance, functions: Any, arn: str) -> float:
    """Seconds until the function had them all."""
    control = control_of(lab, ACCOUNT)
    control.set("invocations")
    begun = time.perf_counter()
    mapping = functions.create_event_source_mapping(
        EventSourceArn=arn, FunctionName="count", BatchSize=10_000, StartingPosition="TRIM_HORIZON"
    )["UUID"]
    while time.perf_counter() - begun < PATIENCE_SECONDS:
        log = control.look("invocations")["invocations"]
        if sum(one["records"] for one in log if one["outcome"] == "success") >= RECORDS:
            break
        time.sleep(0.05)
    seconds = time.perf_counter() - begun
    functions.delete_event_source_mapping(UUID=mapping)
    return seconds


def _read(kinesis: Any) -> float:
    """Seconds for a loop that reads them all."""
    begun = time.perf_counter()
    for shard in kinesis.list_shards(StreamName="many")["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName="many", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        behind = 1
        while behind:
            page = kinesis.get_records(ShardIterator=iterator)
            iterator, behind = page["NextShardIterator"], page["MillisBehindLatest"]
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
