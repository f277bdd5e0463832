"""A21: texts, tokens and iterators by which another account's streams and objects could be reached.

Each control sends the same past the relay, and the lab takes it or could.
"""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from grader.walls.gate import Gate
from grader.walls.naming import Places, Refusal, could_be_arn, in_json, refuse_members
from lab.aws.environment import LEARNER_ACCOUNT, fresh_account, grading_account
from lab.aws.instance import Instance
from lab.control import control_of
from tests.attack.test_relay import OTHER, OWN, Ways, client, exchange, lab, request, signed, victim, ways
from tests.lab.emulator.support import share

__all__ = ["lab", "victim", "ways"]
pytestmark = pytest.mark.xdist_group("relay")

NAME = f"{OTHER}:stream/victim"
FORMS = [
    f"arn:aws:kinesis:us-east-1:{NAME}",
    f"x:x:x:us-east-1:{NAME}",
    f"ARN:aws:kinesis:us-east-1:{NAME}",
    f" arn:aws:kinesis:us-east-1:{NAME}",
    f"arn:aws:kinesis:us-east-1:{NAME} ",
    f"arn:AWS:kinesis:us-east-1:{NAME}",
    f"arn:aws:iam:us-east-1:{NAME}",
    f"arn:aws-iso:kinesis:us-east-1:{NAME}",
    f"arn:aws:kinesis::{NAME}",
    f"arn%3Aaws%3Akinesis%3Aus-east-1%3A{NAME.replace(':', '%3A')}",
    f"arn%253Aaws%253Akinesis%253Aus-east-1%253A{NAME.replace(':', '%253A')}",
    f"arn:aws:kinesis:us-east-1:\u200b{NAME}",
    f"\u200barn:aws:kinesis:us-east-1:{NAME}",
    f"a\u0301rn:aws:kinesis:us-east-1:{NAME}",
    f"arn\uff1aaws\uff1akinesis\uff1aus-east-1\uff1a{NAME.replace(':', chr(0xFF1A))}",
    f"arn:aws:kinesis:us-east-1:{OWN}:{NAME}",
    f"arn:aws:kinesis:us-east-1:{OWN}:stream/own:arn:aws:kinesis:us-east-1:{NAME}",
    f"arn:aws:kinesis:us-east-1:{OWN}:stream/own\narn:aws:kinesis:us-east-1:{NAME}",
    f"arn:aws:kinesis:us-east-1:{OTHER.translate({48 + n: 0x0660 + n for n in range(10)})}:stream/victim",
    "arn:aws:s3:::victim",
]
MEMBERS = ["StreamARN", "ResourceARN", "ConsumerARN", "StreamName", "streamarn", "KeyId", "Anything"]


@pytest.mark.parametrize("text", FORMS)
def test_no_text_that_anybody_could_read_as_another_account_s(ways: Ways, text: str) -> None:
    own = [f"Authorization: {signed(OWN)}"]
    for body in [*({member: text} for member in MEMBERS), {"A": [{text: "b"}]}]:
        assert b"another account" in exchange(ways.relay, request(own, json.dumps(body).encode())), body
    assert could_be_arn(text)


def test_the_own_account_s_names_pass(ways: Ways) -> None:
    """The control: the strict form with the own number, texts that name nothing, and free texts."""
    arn = f"arn:aws:kinesis:us-east-1:{OWN}:stream/mine"
    for text in (arn, f"{arn}/consumer/c:1", "mine", "2026-11-29T12:00:00Z", "::1", "50 %", "Ränge: 1:2"):
        body = json.dumps({"Member": text}).encode()
        refuse_members(in_json(body), OWN, Places())
    free = {"PartitionKey": "a:b:c:d:e:f", "Data": "eA==", "Policy": json.dumps({"Principal": FORMS[0]})}
    refuse_members(in_json(json.dumps({**free, "Tags": {"a:b:c:d:e": "f:g:h:i:j"}}).encode()), OWN, Places())


@pytest.mark.parametrize("operation", ["DescribeStreamSummary", "ListShards", "PutRecord", "DeleteStream"])
def test_the_lab_past_the_relay_takes_an_arn_of_another_account(
    ways: Ways, lab: Instance, operation: str
) -> None:
    """What the defence is for: a policy lets an account reach another's stream, as on AWS."""
    share(client(lab, OTHER), FORMS[0], OWN, "kinesis:DescribeStreamSummary")
    assert client(lab, OWN).describe_stream_summary(StreamARN=FORMS[0])["StreamDescriptionSummary"]
    body = json.dumps({"StreamARN": FORMS[1], "Data": "eA==", "PartitionKey": "k"}).encode()
    answer = exchange(ways.relay, request([f"Authorization: {signed(OWN)}"], body, operation))
    assert b"another account" in answer
    assert "victim" in client(lab, OTHER).list_streams()["StreamNames"]


def place_of(kinesis: Any, stream: str) -> str:
    shard = kinesis.list_shards(StreamName=stream)["Shards"][0]["ShardId"]
    place = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    return str(place["ShardIterator"])


def test_another_account_s_iterator_and_token(ways: Ways, lab: Instance) -> None:
    theirs = client(lab, OTHER)
    theirs.put_record(StreamName="victim", Data=b"a secret", PartitionKey="k")
    iterator = place_of(theirs, "victim")
    own = ways.client("kinesis")
    with pytest.raises(ClientError, match="not given out"):
        own.get_records(ShardIterator=iterator)
    with pytest.raises(ClientError, match="not given out"):
        own.list_shards(NextToken="eyJhcm4iOiAiYXJuOmF3czpraW5lc2lzIn0=")
    records = client(lab, OTHER).get_records(ShardIterator=iterator)["Records"]
    assert records[0]["Data"] == b"a secret", "the control: it is a good one"


def test_places_that_the_lab_gave_out_pass(ways: Ways) -> None:
    kinesis = ways.client("kinesis")
    kinesis.create_stream(StreamName="pages", ShardCount=3)
    kinesis.get_waiter("stream_exists").wait(StreamName="pages", WaiterConfig={"Delay": 1})
    page = kinesis.list_shards(StreamName="pages", MaxResults=1)
    assert len(kinesis.list_shards(NextToken=page["NextToken"], MaxResults=1)["Shards"]) == 1
    kinesis.put_records(
        StreamName="pages", Records=[{"Data": bytes(9000), "PartitionKey": str(n)} for n in range(60)]
    )
    iterator, found = place_of(kinesis, "pages"), 0
    for _ in range(3):
        answer = kinesis.get_records(ShardIterator=iterator, Limit=20)
        iterator, found = answer["NextShardIterator"], found + len(answer["Records"])
    assert found > 0


def test_a_place_that_the_learner_has_the_lab_repeat_is_not_given_out(ways: Ways, lab: Instance) -> None:
    iterator = place_of(client(lab, OTHER), "victim")
    kinesis = ways.client("kinesis")
    kinesis.create_stream(StreamName="says", ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName="says", WaiterConfig={"Delay": 1})
    echo = f'"NextShardIterator":"{iterator}"'
    kinesis.put_record(StreamName="says", Data=b"x", PartitionKey=echo[:256])
    records = kinesis.get_records(ShardIterator=place_of(kinesis, "says"))["Records"]
    assert iterator[:100] in records[0]["PartitionKey"]
    with pytest.raises(ClientError, match="not given out"):
        kinesis.get_records(ShardIterator=iterator)
    learned = Places()
    learned.learn(f"{{{echo}}}".encode())
    assert learned.has(iterator), "the control: unescaped it would be"


@pytest.mark.parametrize(
    "body",
    [
        b'{"StreamName": "a", "StreamName": "b"}',
        b'{"A": {"b": 1, "b": 2}}',
        json.dumps({"StreamName": "a"}).encode("utf-16"),
        json.dumps({"StreamName": "a"}).encode("utf-8-sig"),
        b"[]",
        b"{",
        b"[" * 100_000,
    ],
    ids=["twice", "twice inside", "UTF-16", "BOM", "a list", "cut", "deep"],
)
def test_a_body_has_one_reading(ways: Ways, body: bytes) -> None:
    answer = exchange(ways.relay, request([f"Authorization: {signed(OWN)}"], body))
    assert answer[9:12] == b"403"
    through = exchange(ways.relay, request([f"Authorization: {signed(OWN)}"], operation="DescribeLimits"))
    assert through[9:12] != b"403", "the control: it comes through"


SOURCES = [
    "victim/key",
    "/victim/key",
    f"//{OWN}/victim/key",
    f"//x-{OWN}/victim/key",
    f"x-{OWN}:/victim/key",
    f"x{OWN}://h/victim/key",
    f"/{OWN}/../victim/key",
    f"victim%2Fkey?{OWN}/x",
    f"?{OWN}/victim/key",
    f"%2F%2F{OWN}%2Fvictim%2Fkey",
    f"arn:aws:s3:us-east-1:{OWN}:accesspoint/victim/object/key",
    f"victim/{OWN}",
    f"Victim-{OWN}/key",
]


@pytest.mark.parametrize("source", SOURCES)
def test_no_copy_from_another_account_s_bucket(ways: Ways, source: str) -> None:
    s3 = ways.client("s3")
    own = f"copies-{OWN}"
    s3.create_bucket(Bucket=own)
    if source == f"/{OWN}/../victim/key":  # which is a key of the own bucket by one reading, and by no other
        s3.create_bucket(Bucket=OWN)
    head = f"PUT /{own}/stolen HTTP/1.1\r\nHost: x\r\nAuthorization: {signed(OWN, 's3')}\r\n"
    exchange(ways.relay, f"{head}x-amz-copy-source: {source}\r\nContent-Length: 0\r\n\r\n".encode())
    assert "Contents" not in s3.list_objects_v2(Bucket=own)
    s3.put_object(Bucket=own, Key="a b", Body=b"mine")
    s3.copy_object(Bucket=own, Key="copy", CopySource={"Bucket": own, "Key": "a b"})
    assert s3.get_object(Bucket=own, Key="copy")["Body"].read() == b"mine", "the control"
    for key in ("copy", "a b"):
        s3.delete_object(Bucket=own, Key=key)


@pytest.mark.parametrize("path", [f"/%76ictim/{OWN}", f"/victim/{OWN}", f"/{OWN}%2f..%2fvictim/key",
                                  f"/victim%00{OWN}/key", f"/VICTIM-{OWN}/key", f"/{OWN}#/../victim/key",
                                  f"/v20180820/bucket/{OWN}", f"/x-{OWN}?notification",
                                  f"/x-{OWN}?replication", f"/x-{OWN}?logging"])  # fmt: skip
def test_no_other_way_to_another_account_s_bucket(ways: Ways, path: str) -> None:
    head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {signed(OWN, 's3')}\r\n\r\n"
    assert exchange(ways.relay, head.encode())[9:12] == b"403"


@pytest.mark.parametrize(
    ("service", "target", "kind"),
    [
        ("kinesis", "TrentService.ListKeys", "application/x-amz-json-1.1"),
        ("kinesis", "Firehose_20150804.ListDeliveryStreams", "application/x-amz-json-1.1"),
        ("kinesis", "ListStreams", "application/x-amz-json-1.1"),
        ("kinesis", "Kinesis_20131202.ListStreams", "application/cbor"),
        ("kinesis", "Kinesis_20131202.ListStreams", "application/x-www-form-urlencoded"),
        ("iam", "Kinesis_20131202.ListStreams", "application/x-amz-json-1.1"),
        ("sts", "Kinesis_20131202.ListStreams", "text/plain"),
    ],
)
def test_a_request_is_for_the_service_that_it_is_signed_for(
    ways: Ways, service: str, target: str, kind: str
) -> None:
    head = (f"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nX-Amz-Target: {target}\r\n"
            f"Content-Length: 2\r\nAuthorization: {signed(OWN, service)}\r\n\r\n{{}}")  # fmt: skip
    assert exchange(ways.relay, head.encode())[9:12] == b"403"


def test_a_query_names_its_own_too(ways: Ways) -> None:
    iam = ways.client("iam")
    iam.create_user(UserName="me")
    iam.attach_user_policy(UserName="me", PolicyArn="arn:aws:iam::aws:policy/AmazonKinesisReadOnlyAccess")
    for arn in (f"arn:aws:iam::{OTHER}:policy/theirs", f"arn:aws:iam:us-east-1:{NAME}", f"x:x:x:x:{NAME}"):
        with pytest.raises(ClientError, match="another account"):
            iam.attach_user_policy(UserName="me", PolicyArn=arn)


def test_what_one_submission_may_write_into_the_lab_is_bounded() -> None:
    gate = Gate(OWN, frozenset({"kinesis"}))
    headers = [("Authorization", signed(OWN)), ("Content-Type", "application/x-amz-json-1.1"),
               ("X-Amz-Target", "Kinesis_20131202.PutRecord")]  # fmt: skip
    admission = gate.admit("POST", "/", headers)
    body = json.dumps({"Data": "x" * (15 << 20)}).encode()
    for _ in range(17):
        gate.admit_body(admission, body)
    with pytest.raises(Refusal, match="more than 256 MiB"):
        gate.admit_body(admission, body)


def test_a_wipe_empties_s3_too(lab: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    """Versions, an upload that was begun and a locked object too; the neighbour's stay."""
    monkeypatch.setenv("LAB_STATE", str(lab.state))
    assert lab.running is not None
    number, neighbour = grading_account(), grading_account()
    s3, theirs = client(lab, number, "s3"), client(lab, neighbour, "s3")
    name = f"left-{number}"
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    for body in (b"one", b"two"):
        s3.put_object(Bucket=name, Key="key", Body=body)
    s3.put_object_retention(
        Bucket=name, Key="key", Retention={"Mode": "COMPLIANCE", "RetainUntilDate": "2099-01-01T00:00:00Z"}
    )
    s3.create_multipart_upload(Bucket=name, Key="begun")
    theirs.create_bucket(Bucket=f"stays-{neighbour}")
    control_of(lab, number).set("wipe")
    assert s3.list_buckets()["Buckets"] == []
    with pytest.raises(ClientError, match="NoSuchBucket"):
        client(lab, OTHER, "s3").get_object(Bucket=name, Key="key")
    assert [one["Name"] for one in theirs.list_buckets()["Buckets"]] == [f"stays-{neighbour}"], "the control"
    s3.create_bucket(Bucket=name)
    assert "Contents" not in s3.list_objects_v2(Bucket=name)


def test_the_account_of_a_grading_is_nobody_s_at_work() -> None:
    assert {grading_account()[0] for _ in range(100)} == {"9"}
    others = {fresh_account() for _ in range(500)} | {LEARNER_ACCOUNT}
    assert not any(number.startswith("9") for number in others)
    assert len({number[0] for number in others}) > 5, "the control: they are drawn from all others"
