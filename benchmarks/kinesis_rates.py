"""PutRecords and GetRecords through the plugins against plain LocalStack, side by side in one run.

Plain: the same LocalStack and the same kinesis-mock, PROVIDER_OVERRIDE_KINESIS and the Node preload left out.
Quotas are on, at a scale that never throttles. The two labs take turns, so a busy machine hits both alike.
"""

import base64
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from lab.aws import probe
from lab.aws.environment import LEARNER_ACCOUNT, REGION, SECRET
from lab.aws.folders import EMULATOR_PYTHON, KINESIS_MOCK
from lab.aws.instance import private_lab
from lab.aws.runtime import runtime_environment
from lab.control import Control, control_of
from lab.machine.ports import some_free_port

ROUNDS = 8
CALLS = 3
"""PutRecords calls of 500 records in each round."""
RECORDS = [{"Data": b"x" * 100, "PartitionKey": f"player-{n}"} for n in range(500)]
WARM_UP_SECONDS = 90.0


@contextmanager
def plain_localstack() -> Iterator[str]:
    """LocalStack as it comes, with kinesis-mock where it would have downloaded it; its endpoint."""
    state, port = Path(tempfile.mkdtemp()), some_free_port()
    environment = runtime_environment(state, port, token="", secret="")
    for name in ("PROVIDER_OVERRIDE_KINESIS", "PROVIDER_OVERRIDE_DYNAMODB", "GATEWAY_SERVER"):
        environment.pop(name, None)
    version = KINESIS_MOCK.parent / "package.json"
    installed = state / "root" / "var" / "lib" / "localstack" / "lib" / "kinesis-local" / "0.6.2"
    installed.mkdir(parents=True)
    (installed / "node_modules").symlink_to(KINESIS_MOCK.parents[1])
    environment["KINESIS_MOCK_VERSION"] = "0.6.2"
    assert '"0.6.2"' in version.read_text(), "the plain lab must have the same kinesis-mock"
    log = (state / "log").open("wb")
    process = subprocess.Popen(
        [str(EMULATOR_PYTHON), "-m", "localstack.runtime.main"],
        env=environment, cwd=state, stdout=log, stderr=log, start_new_session=True,
    )  # fmt: skip
    endpoint = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + WARM_UP_SECONDS
        while not _answers(endpoint):
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"Plain LocalStack does not start: see {state / 'log'}")
            time.sleep(0.3)
        yield endpoint
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(state, ignore_errors=True)


def _answers(endpoint: str) -> bool:
    return probe._ask(endpoint, "GET", "/_localstack/health", None, {}, 2) is not None


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


def side_by_side(name: str, ours: Any, plain: Any, measure: Callable[[Any], float], target: float) -> None:
    rates: dict[str, list[float]] = {"ours": [], "plain": []}
    for number in range(ROUNDS):
        order = [("ours", ours), ("plain", plain)]
        for label, client in order if number % 2 else order[::-1]:
            rates[label].append(measure(client))
    lab, localstack = (statistics.median(rates[label]) for label in ("ours", "plain"))
    print(f"{name}: {lab:,.0f} records/s, plain LocalStack {localstack:,.0f}: {lab / localstack:.2f} times "
          f"(target {target})")  # fmt: skip


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
    print(
        f"a refused record: {refused * 1e6:.0f} µs, an accepted one {accepted * 1e6:.0f} µs: "
        f"{refused / accepted:.2f} (target 0.1)"
    )


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
    with plain_localstack() as endpoint, private_lab() as lab:
        known = lab.running
        assert known is not None
        control = control_of(lab, LEARNER_ACCOUNT)
        control.set("quotas", scale=1000)
        ours, plain = kinesis(known.endpoint), kinesis(endpoint)
        side_by_side("PutRecords", ours, plain, write, 1.2)
        side_by_side("GetRecords", ours, plain, read, 1.0)
        rejected_against_accepted(known.endpoint, control)


if __name__ == "__main__":
    main()
