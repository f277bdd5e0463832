"""Per-shard write quotas, as unmodified clients see them."""

import json
import os
import subprocess
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from lab.aws.folders import EMULATOR
from lab.control import Control
from lab.rules import quotas
from lab.rules.hash_space import LARGEST_HASH_KEY, shard_for
from tests.lab.emulator.support import client, code, create, everything, quotas_off, shards_of

pytestmark = pytest.mark.xdist_group("shared-lab")
THROTTLED = "ProvisionedThroughputExceededException"


def entries(count: int, key: str = "player-7", size: int = 10, first: int = 0) -> list[dict[str, Any]]:
    return [{"Data": str(first + n).encode().ljust(size), "PartitionKey": key} for n in range(count)]


def overdrive(kinesis: Any, calls: int, size: int = 10) -> tuple[list[bytes], list[dict[str, Any]]]:
    """Send CALLS times 500 records to one shard; the data of those accepted, the results of the others."""
    accepted, refused = [], []
    for call in range(calls):
        sent = entries(500, size=size, first=500 * call)
        answer = kinesis.put_records(StreamName="orders", Records=sent)
        assert len(answer["Records"]) == 500
        failed = [result for result in answer["Records"] if "ErrorCode" in result]
        assert answer["FailedRecordCount"] == len(failed)
        refused += failed
        pairs = zip(sent, answer["Records"], strict=True)
        accepted += [entry["Data"] for entry, result in pairs if "SequenceNumber" in result]
    return accepted, refused


def test_a_hot_shard_throttles_record_by_record(kinesis: Any, control: Control) -> None:
    control.set("quotas", scale=0.2)
    create(kinesis, shards=2)
    hot = shard_for("player-7", shards_of(kinesis))
    accepted, refused = overdrive(kinesis, calls=4)
    assert 200 <= len(accepted) < 2000, "a bucket of 200 records, and what flowed in meanwhile"
    assert {result["ErrorCode"] for result in refused} == {THROTTLED}
    account = control.account
    assert {result["ErrorMessage"] for result in refused} == {
        f"Rate exceeded for shard {hot} in stream orders under account {account}."
    }
    assert all("SequenceNumber" not in result for result in refused)
    quotas_off(control)
    read = [record["Data"] for record in everything(kinesis)]
    assert read == accepted, "accepted ones exactly once and in order, refused ones never"


def test_the_other_shard_is_untouched(kinesis: Any, control: Control) -> None:
    control.set("quotas", scale=0.1)
    create(kinesis, shards=2)
    shards = shards_of(kinesis)
    other = next(
        f"player-{n}" for n in range(50) if shard_for(f"player-{n}", shards) != shard_for("player-7", shards)
    )
    mixed = [entry for pair in zip(entries(250), entries(250, key=other), strict=True) for entry in pair][
        :250
    ]
    answer = kinesis.put_records(StreamName="orders", Records=mixed)
    outcome = Counter(
        (entry["PartitionKey"], "ErrorCode" in result)
        for entry, result in zip(mixed, answer["Records"], strict=True)
    )
    assert outcome[("player-7", True)] > 0
    quiet = kinesis.put_records(StreamName="orders", Records=entries(50, key="player-7"))
    assert quiet["FailedRecordCount"] > 0, "the shard is hot"
    assert outcome[(other, False)] >= 100


def test_with_quotas_off_the_same_load_is_accepted(kinesis: Any, control: Control) -> None:
    quotas_off(control)
    create(kinesis)
    accepted, refused = overdrive(kinesis, calls=4)
    assert (len(accepted), refused) == (2000, [])


def test_bytes_throttle_too_and_partition_keys_count(kinesis: Any, control: Control) -> None:
    control.set("quotas", scale=0.01)
    create(kinesis)
    capacity = quotas.SHARD_WRITE_BYTES_PER_SECOND // 100
    key, size = "k" * 256, 1000
    answer = kinesis.put_records(StreamName="orders", Records=entries(10, key=key, size=size))
    accepted = 10 - answer["FailedRecordCount"]
    assert accepted == capacity // (size + 256), "without the keys all ten would have gone in"


def test_put_record_names_shard_stream_and_account(kinesis: Any, control: Control) -> None:
    control.set("quotas", scale=0.001)
    create(kinesis)
    kinesis.put_record(StreamName="orders", Data=b"1", PartitionKey="a")
    with pytest.raises(kinesis.exceptions.ProvisionedThroughputExceededException) as caught:
        kinesis.put_record(StreamName="orders", Data=b"2", PartitionKey="a")
    assert caught.value.response["Error"]["Message"] == (
        f"Rate exceeded for shard shardId-000000000000 in stream orders under account {control.account}."
    )
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_explicit_hash_keys_choose_the_bucket(kinesis: Any, control: Control) -> None:
    control.set("quotas", scale=0.01)
    create(kinesis, shards=2)

    def put(hash_key: int) -> dict[str, Any]:
        records = [{"Data": b"x", "PartitionKey": "same", "ExplicitHashKey": str(hash_key)}] * 20
        answer: dict[str, Any] = kinesis.put_records(StreamName="orders", Records=records)
        return answer

    assert put(0)["FailedRecordCount"] > 0
    other = put(LARGEST_HASH_KEY)
    assert {r["ShardId"] for r in other["Records"] if "ShardId" in r} == {"shardId-000000000001"}
    assert other["FailedRecordCount"] <= 10


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_botocores_retries_get_a_record_through(
    mode: str, fresh_account: Mapping[str, str], control: Control
) -> None:
    control.set("quotas", scale=0.002)
    patient = client(fresh_account, config=Config(retries={"mode": mode, "total_max_attempts": 8}))
    create(patient)
    attempts = [
        patient.put_record(StreamName="orders", Data=b"x", PartitionKey="a")["ResponseMetadata"][
            "RetryAttempts"
        ]
        for _ in range(4)
    ]
    assert sum(attempts) > 0, "two a second: at least one of four had to be tried again"
    calls = control.look("calls")
    assert calls["kinesis.PutRecord"] == 4 + sum(attempts)


def test_retries_do_not_resend_entries_of_a_partial_answer(
    fresh_account: Mapping[str, str], control: Control
) -> None:
    control.set("quotas", scale=0.01)
    patient = client(fresh_account, config=Config(retries={"mode": "standard", "total_max_attempts": 5}))
    create(patient)
    answer = patient.put_records(StreamName="orders", Records=entries(100))
    assert answer["FailedRecordCount"] > 0
    assert answer["ResponseMetadata"]["RetryAttempts"] == 0


def test_the_aws_cli_sees_partial_failure(
    kinesis: Any, control: Control, fresh_account: Mapping[str, str]
) -> None:
    control.set("quotas", scale=0.005)
    create(kinesis)
    records = [{"Data": "eA==", "PartitionKey": "a"}] * 20
    done = cli(fresh_account, "put-records", "--stream-name", "orders", "--records", json.dumps(records))
    answer = json.loads(done.stdout)
    assert 0 < answer["FailedRecordCount"] <= 15
    assert answer["Records"][-1]["ErrorCode"] == THROTTLED
    control.set("quotas", scale=0.001)
    create(kinesis, "debts")
    kinesis.put_record(StreamName="debts", Data=b"x" * 99_000, PartitionKey="a")  # a debt of 90 seconds
    refused = cli(
        fresh_account, "put-record", "--stream-name", "debts", "--data", "eA==", "--partition-key", "a"
    )
    assert refused.returncode != 0
    assert f"({THROTTLED})" in refused.stderr
    assert "Rate exceeded for shard shardId-000000000000 in stream debts" in refused.stderr


def cli(variables: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """The AWS CLI from PyPI, in the emulator's environment."""
    settings = {"AWS_MAX_ATTEMPTS": "1", "AWS_PAGER": "", "PATH": os.environ["PATH"]}
    command = [str(EMULATOR / "bin" / "aws"), "kinesis", *words]
    return subprocess.run(command, env={**variables, **settings}, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("records", "error", "says"),
    [
        (entries(501), "ValidationException", "less than or equal to 500"),
        (entries(1, size=quotas.MIB), "InvalidArgumentException", "records of at most 1048576 bytes"),
        (entries(11, size=quotas.MIB - 8), "InvalidArgumentException", "exceeds 10 MB limit"),
        ([{"Data": b"", "PartitionKey": "k" * 257}], "ValidationException", "partitionKey"),
        (
            [{"Data": b"", "PartitionKey": "k", "ExplicitHashKey": str(2**128)}],
            "InvalidArgumentException",
            "ExplicitHashKey",
        ),
        ([{"Data": b"", "PartitionKey": "k", "ExplicitHashKey": "007"}], "ValidationException", "expression"),
    ],
)
def test_requests_that_are_refused_as_a_whole(
    kinesis: Any, control: Control, records: list[dict[str, Any]], error: str, says: str
) -> None:
    create(kinesis)
    with pytest.raises(ClientError, match=says) as caught:
        kinesis.put_records(StreamName="orders", Records=records)
    assert code(caught.value) == error
    assert everything(kinesis) == []
    kinesis.put_records(StreamName="orders", Records=entries(500))
    assert len(everything(kinesis)) == 500, "the control: the largest number that is legal"


def test_record_size_follows_the_streams_setting(kinesis: Any, control: Control) -> None:
    arn = create(kinesis)
    large = {"StreamARN": arn, "Data": b"x" * (quotas.MIB + 1), "PartitionKey": "k"}
    with pytest.raises(ClientError, match="at most 1048576 bytes"):
        kinesis.put_record(**large)
    kinesis.update_max_record_size(StreamARN=arn, MaxRecordSizeInKiB=quotas.RECORD_LARGEST_MAX_KIB)
    assert kinesis.put_record(**large)["ShardId"]
    with pytest.raises(kinesis.exceptions.ProvisionedThroughputExceededException):
        kinesis.put_record(**large)
    quotas_off(control)
    largest = 10 * quotas.MIB - 1
    kinesis.put_record(StreamARN=arn, Data=b"y" * largest, PartitionKey="k")
    assert [len(record["Data"]) for record in everything(kinesis)] == [quotas.MIB + 1, largest]


def raw(variables: Mapping[str, str], entry: dict[str, Any]) -> tuple[int, str]:
    """PutRecords with one record, as bytes that boto3 would not send; the status and the answer."""
    asked = urllib.request.Request(
        variables["AWS_ENDPOINT_URL"],
        data=json.dumps({"StreamName": "orders", "Records": [entry]}).encode(),
        headers={
            "X-Amz-Target": "Kinesis_20131202.PutRecords",
            "Content-Type": "application/x-amz-json-1.1",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={variables['AWS_ACCESS_KEY_ID']}/20260101/"
            f"{variables['AWS_REGION']}/kinesis/aws4_request, SignedHeaders=host, Signature=0",
        },
    )
    try:
        with urllib.request.urlopen(asked) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_records_that_are_not_plain_are_read_as_ever(kinesis: Any, fresh_account: Mapping[str, str]) -> None:
    create(kinesis)
    plain = {"Data": "eA==", "PartitionKey": "k"}
    for more in ({}, {"ExplicitHashKey": "5"}, {"ExplicitHashKey": None}, {"Unknown": "member"}):
        assert raw(fresh_account, plain | more)[0] == 200
    assert [record["Data"] for record in everything(kinesis)] == [b"x"] * 4
    for wrong in ({"Data": "x"}, {"Data": 5}):
        status, said = raw(fresh_account, plain | wrong)
        assert (status, json.loads(said)["__type"]) == (400, "SerializationException")
        assert "can not be converted to a Blob" in said
