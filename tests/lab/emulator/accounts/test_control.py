"""Faults counted by request, calls counted, control-plane rates, and what LocalStack's provider lacks."""

import json
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from lab import LabError, clock
from lab.aws.environment import fresh_account as new_account
from lab.aws.environment import lab_environment
from lab.aws.folders import EMULATOR_PYTHON
from lab.aws.instance import Instance
from lab.control import Control
from lab.rules.control_token import control_token
from tests.conftest import STATE
from tests.lab.emulator.support import client, code, create, everything, quotas_off

pytestmark = pytest.mark.xdist_group("shared-lab")


def outcomes(kinesis: Any, count: int) -> list[str]:
    found = []
    for number in range(count):
        try:
            kinesis.put_record(StreamName="orders", Data=str(number).encode(), PartitionKey="k")
            found.append("ok")
        except ClientError as error:
            found.append(code(error))
    return found


def test_a_fault_strikes_the_calls_that_it_names(kinesis: Any, control: Control) -> None:
    create(kinesis)
    rule = {"operation": "kinesis.PutRecord", "error": "InternalFailure", "requests": [2, 4]}
    control.set("faults", rules=[rule])
    assert outcomes(kinesis, 5) == ["ok", "InternalFailure", "ok", "InternalFailure", "ok"]
    assert [record["Data"] for record in everything(kinesis)] == [b"0", b"2", b"4"]
    control.set("faults", rules=[])
    assert outcomes(kinesis, 5) == ["ok"] * 5, "the control"


def test_the_same_seed_strikes_the_same_calls(kinesis: Any, control: Control) -> None:
    create(kinesis)

    def drawn(seed: int) -> list[str]:
        control.set("faults", rules=[{"operation": "kinesis.PutRecord", "rate": 0.4, "seed": seed}])
        return outcomes(kinesis, 20)

    first = drawn(7)
    assert {"ok", "InternalFailure"} == set(first)
    assert drawn(7) == first
    assert drawn(8) != first


def test_many_switches_in_one_request(kinesis: Any, control: Control) -> None:
    create(kinesis)
    stood = control.look("all")
    assert {name: stood[name] for name in ("quotas", "iam")} == {
        "quotas": control.look("quotas"), "iam": control.look("iam"),
    }  # fmt: skip
    rule = {"operation": "kinesis.PutRecord", "error": "InternalFailure", "requests": [1]}
    told = control.set_all(faults={"rules": [rule]}, iam={"enabled": True}, quotas={"mode": "off"}, calls={})
    assert (told["iam"], told["quotas"]["mode"], told["calls"]) == ({"enabled": True}, "off", {})
    assert control.look("faults")["rules"][0]["requests"] == [1]
    control.set_all(iam={"enabled": False})
    assert outcomes(kinesis, 2) == ["InternalFailure", "ok"], "the others stay as they were"
    with pytest.raises(LabError, match="not 'wipe'"):
        control.set_all(wipe={})
    with pytest.raises(LabError, match="mode is aws or off"):
        control.set_all(quotas={"mode": "none"})
    known = Instance(Path(os.environ[STATE])).running
    assert known is not None
    token = control_token(known.secret, control.account, "learner")
    learner = Control(control.endpoint, control.account, token)
    assert learner.look("iam") == {"enabled": False}, "the control"
    with pytest.raises(LabError, match="does not open all"):
        learner.set_all(iam={"enabled": True})


def test_single_entries_can_fail(kinesis: Any, control: Control) -> None:
    create(kinesis)
    control.set("faults", rules=[{"operation": "kinesis.PutRecords", "entries": 0.3, "seed": 1}])
    records = [{"Data": str(n).encode(), "PartitionKey": "k"} for n in range(30)]
    answer = kinesis.put_records(StreamName="orders", Records=records)
    failed = [
        place for place, one in enumerate(answer["Records"]) if one.get("ErrorCode") == "InternalFailure"
    ]
    assert 0 < len(failed) == answer["FailedRecordCount"] < 30
    kept = [record["Data"] for place, record in enumerate(records) if place not in failed]
    assert [record["Data"] for record in everything(kinesis)] == kept


def test_single_entries_can_be_throttled(kinesis: Any, control: Control) -> None:
    create(kinesis)
    error = "ProvisionedThroughputExceededException"
    rule = {"operation": "kinesis.PutRecords", "entries": 0.3, "seed": 1, "error": error}
    control.set("faults", rules=[rule])
    records = [{"Data": str(n).encode(), "PartitionKey": "k"} for n in range(30)]
    answer = kinesis.put_records(StreamName="orders", Records=records)
    failed = [one for one in answer["Records"] if "ErrorCode" in one]
    assert 0 < len(failed) == answer["FailedRecordCount"] < 30
    assert {one["ErrorCode"] for one in failed} == {error}
    assert all(one["ErrorMessage"].startswith("Rate exceeded for shard shardId-") for one in failed)


def test_a_rule_can_come_to_an_end(kinesis: Any, control: Control) -> None:
    create(kinesis)
    control.set("faults", rules=[{"operation": "kinesis.PutRecords", "entries": 1, "until": 2}])
    records = [{"Data": b"x", "PartitionKey": "k"}] * 3
    answers = [kinesis.put_records(StreamName="orders", Records=records) for _ in range(3)]
    assert [answer["FailedRecordCount"] for answer in answers] == [3, 3, 0]


def test_reads_can_come_short_and_empty(kinesis: Any, control: Control) -> None:
    create(kinesis)
    for number in range(7):
        kinesis.put_record(StreamName="orders", Data=str(number).encode(), PartitionKey="k")
    control.set("quotas", mode="off")
    control.set("faults", rules=[{"operation": "kinesis.GetRecords", "most": [2, 0]}])
    shard = kinesis.list_shards(StreamName="orders")["Shards"][0]["ShardId"]
    begin = {"StreamName": "orders", "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    iterator, pages, behind = kinesis.get_shard_iterator(**begin)["ShardIterator"], [], []
    for _ in range(8):
        answer = kinesis.get_records(ShardIterator=iterator)
        pages.append(b"".join(record["Data"] for record in answer["Records"]))
        behind.append(answer["MillisBehindLatest"] > 0)
        iterator = answer["NextShardIterator"]
    assert pages == [b"01", b"", b"23", b"", b"45", b"", b"6", b""]
    assert behind == [True] * 6 + [False] * 2
    assert kinesis.get_records(ShardIterator=iterator, Limit=1)["Records"] == []


def test_a_lost_answer_makes_botocore_store_a_record_twice(
    fresh_account: Mapping[str, str], control: Control
) -> None:
    patient = client(fresh_account, config=Config(retries={"mode": "standard", "total_max_attempts": 3}))
    create(patient)
    rule = {"operation": "kinesis.PutRecord", "error": "InternalFailure", "requests": [1], "after": True}
    control.set("faults", rules=[rule])
    answer = patient.put_record(StreamName="orders", Data=b"once?", PartitionKey="k")
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1
    stored = everything(patient)
    assert [record["Data"] for record in stored] == [b"once?", b"once?"]
    assert stored[1]["SequenceNumber"] == answer["SequenceNumber"]


def test_other_services_have_faults_too(fresh_account: Mapping[str, str], control: Control) -> None:
    control.set("faults", rules=[{"operation": "sts.GetCallerIdentity", "error": "Boom", "requests": [1]}])
    sts = client(fresh_account, "sts")
    with pytest.raises(ClientError, match="Boom"):
        sts.get_caller_identity()
    assert sts.get_caller_identity()["Account"] == control.account


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("all", "a rule is an object"),
        ({"operation": "kinesis.PutRecord", "chance": 1}, "a rule has no chance"),
        ({"operation": "kinesis.PutRecord", "rate": 2}, "rate is a part from 0 to 1"),
        ({"operation": "kinesis.PutRecord", "requests": [0]}, "counted from 1"),
        ({"operation": "kinesis.PutRecord", "requests": 3}, "counted from 1"),
        ({"operation": "s3.PutObject", "after": True}, "only Kinesis calls"),
        ({"operation": "kinesis.PutRecord", "entries": 0.5}, "only kinesis.PutRecords has entries"),
        ({"operation": "kinesis.PutRecords", "most": [1]}, "only kinesis.GetRecords gives records"),
        ({"operation": "kinesis.GetRecords", "most": [-1]}, "most is a list of numbers of records"),
        ({"operation": "kinesis.GetRecords", "most": 3}, "most is a list of numbers of records"),
        ({"operation": "kinesis.PutRecords", "until": "late"}, "until is the number of a call, not 'late'"),
    ],
)
def test_a_bad_rule_is_explained(control: Control, rule: Any, says: str) -> None:
    with pytest.raises(LabError, match=says):
        control.set("faults", rules=[rule])
    assert control.look("faults") == {"rules": []}


def test_calls_are_counted_retries_and_refusals_too(kinesis: Any, control: Control) -> None:
    create(kinesis)
    control.set("calls")
    outcomes(kinesis, 3)
    with pytest.raises(ClientError):
        kinesis.put_record(StreamName="nowhere", Data=b"", PartitionKey="k")
    assert control.look("calls") == {"kinesis.PutRecord": 4}


def test_control_plane_rates(kinesis: Any, control: Control) -> None:
    create(kinesis)
    with pytest.raises(ClientError, match="Rate exceeded for DescribeLimits") as caught:
        [kinesis.describe_limits() for _ in range(20)]
    assert code(caught.value) == "LimitExceededException"
    quotas_off(control)
    assert [kinesis.describe_limits() for _ in range(20)]


def test_operations_that_localstacks_provider_lacks(kinesis: Any, fresh_account: Mapping[str, str]) -> None:
    unchecked = client(fresh_account, config=Config(parameter_validation=False))
    arn = create(kinesis)
    kinesis.update_max_record_size(StreamARN=arn, MaxRecordSizeInKiB=2048)
    told = kinesis.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"]
    assert told["MaxRecordSizeInKiB"] == 2048
    with pytest.raises(ClientError, match="1024"):
        unchecked.update_max_record_size(StreamARN=arn, MaxRecordSizeInKiB=512)


def test_on_demand_advantage_is_the_accounts_own_and_lasts_a_day(
    kinesis: Any, control: Control, running_lab: str
) -> None:
    def status(client_: Any) -> str:
        return str(client_.describe_account_settings()["MinimumThroughputBillingCommitment"]["Status"])

    def switch(wanted: str) -> None:
        kinesis.update_account_settings(MinimumThroughputBillingCommitment={"Status": wanted})

    arn = create(kinesis, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    assert status(kinesis) == "DISABLED"
    with pytest.raises(ClientError, match="needs On-demand Advantage"):
        kinesis.update_stream_warm_throughput(StreamARN=arn, WarmThroughputMiBps=20)
    switch("ENABLED")
    assert status(kinesis) == "ENABLED"
    assert status(client(lab_environment(running_lab, new_account()))) == "DISABLED"
    warm = kinesis.update_stream_warm_throughput(StreamARN=arn, WarmThroughputMiBps=20)
    assert warm["WarmThroughput"]["TargetMiBps"] == 20
    switch("DISABLED")
    assert status(kinesis) == "ENABLED_UNTIL_EARLIEST_ALLOWED_END"
    clock.advance(hours=24, of=control)
    assert status(kinesis) == "DISABLED"


CBOR_CLIENT = """
import cbor2, json, sys, urllib3
from cbor2 import _decoder
# Kinesis tags milliseconds as a time, where the standard has seconds.
_decoder.semantic_decoders[1] = lambda decoder: decoder._decode()
url, account, stream = sys.argv[1:]
headers = {
    "Content-Type": "application/x-amz-cbor-1.1",
    "X-Amz-Date": "20260101T000000Z",
    "Authorization": f"AWS4-HMAC-SHA256 Credential={account}/20260101/us-east-1/kinesis/aws4_request, "
    "SignedHeaders=host, Signature=0",
}
def call(operation, **request):
    target = {"X-Amz-Target": f"Kinesis_20131202.{operation}"}
    answer = urllib3.request("POST", url, body=cbor2.dumps(request), headers=headers | target)
    return answer.status, answer.headers["Content-Type"], _decoder.loads(answer.data)
put = call("PutRecords", StreamName=stream, Records=[{"Data": b"\\x00\\xff", "PartitionKey": "k"}])
place = call("GetShardIterator", StreamName=stream, ShardId="shardId-000000000000",
             ShardIteratorType="TRIM_HORIZON")[2]["ShardIterator"]
status, kind, page = call("GetRecords", ShardIterator=place)
record = page["Records"][0]
missing = call("PutRecord", StreamName="nowhere", Data=b"", PartitionKey="k")
print(json.dumps({
    "put": [put[0], put[1], put[2]["FailedRecordCount"]],
    "get": [status, kind, record["Data"].hex(), record["ApproximateArrivalTimestamp"]],
    "missing": [missing[0], missing[2]["__type"]],
}))
"""


def test_cbor_as_the_java_sdk_speaks_it(kinesis: Any, fresh_account: Mapping[str, str]) -> None:
    create(kinesis)
    account = fresh_account["AWS_ACCESS_KEY_ID"]
    words = [str(EMULATOR_PYTHON), "-c", CBOR_CLIENT, fresh_account["AWS_ENDPOINT_URL"], account, "orders"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    cbor = "application/x-amz-cbor-1.1"
    assert told["put"] == [200, cbor, 0]
    assert told["get"][:3] == [200, cbor, "00ff"]
    assert abs(told["get"][3] / 1000 - time.time()) < 120, "milliseconds since 1970"
    assert told["missing"] == [400, "ResourceNotFoundException"]


def test_paginators_and_waiters(kinesis: Any, control: Control) -> None:
    quotas_off(control)
    for number in range(12):
        kinesis.create_stream(StreamName=f"stream-{number:02}", ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName="stream-11", WaiterConfig={"Delay": 1})
    pages = kinesis.get_paginator("list_streams").paginate(PaginationConfig={"PageSize": 5})
    assert len([name for page in pages for name in page["StreamNames"]]) == 12
    create(kinesis, "wide", shards=130)
    described = list(kinesis.get_paginator("describe_stream").paginate(StreamName="wide"))
    assert [len(page["StreamDescription"]["Shards"]) for page in described] == [100, 30]
    assert len(kinesis.list_shards(StreamName="wide")["Shards"]) == 130, "up to 1,000 a call"
    kinesis.delete_stream(StreamName="stream-00")
    kinesis.get_waiter("stream_not_exists").wait(StreamName="stream-00", WaiterConfig={"Delay": 1})
