"""A21: the way to the lab. An assignment that uses it gets one account and the named services, no more."""

import contextlib
import json
import re
import socket
import textwrap
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from grader.engine.judge import Judge, grade
from grader.engine.plan import load_plan
from grader.engine.submission import parse_notebook, read_submission
from grader.walls import sandbox
from grader.walls.gate import Gate
from grader.walls.naming import Refusal
from grader.walls.relay import CONNECTIONS, Relay
from lab.aws.instance import Instance, private_lab
from lab.rules.control_token import control_token
from tests.attack.conftest import Servers
from tests.grader.conftest import Grader
from tests.lab.emulator.support import share

pytestmark = [
    pytest.mark.skipif(sandbox.tier() == "none", reason="this machine gives no sandbox (grader doctor)"),
    pytest.mark.xdist_group("relay"),
]

CHECKS = """
from grader.tasks.declaration import Cases, Task

SERVICES = ("kinesis", "iam", "sts")
SWITCHES = ("clock",)
TASKS = [
    Task(id="try_it", title="Try it", function="try_it", read="nowhere", hints=("a", "b"),
         oracle=lambda name: ["yes"], seconds_per_call=20.0,
         parts=(Cases("all", 1, "must return yes", ({"name": "s-1"},), lambda rng: {"name": "s-2"}, 1),)),
]
"""


def code_cell(source: str, **flags: Any) -> dict[str, Any]:
    nbgrader = {
        "schema_version": 3,
        "task": False,
        "grade": False,
        "solution": False,
        "locked": False,
        **flags,
    }
    return {
        "cell_type": "code",
        "id": flags["grade_id"].replace("_", "-"),
        "metadata": {"nbgrader": nbgrader},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def notebook(answer: str) -> str:
    cells = [
        code_cell("import boto3", grade_id="setup", locked=True),
        code_cell(answer, grade_id="try_it_answer", solution=True),
        code_cell('check("try_it")', grade_id="try_it", grade=True, points=1, locked=True),
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture(scope="module")
def lab() -> Iterator[Instance]:
    with private_lab() as instance:
        yield instance


class LabArena:
    """An assignment that uses the lab, and what a submission's function returns there."""

    def __init__(self, root: Path, servers: Servers, endpoint: str) -> None:
        self.root, self._servers, self._endpoint = root, servers, endpoint
        for folder in ("solutions/90-lab", "exercises/90-lab"):
            (root / folder).mkdir(parents=True)
        (root / "solutions/90-lab/checks.py").write_text(CHECKS)
        (root / "exercises/90-lab/90-lab.ipynb").write_text(notebook("def try_it(name):\n    ..."))
        self._judge = Judge.draw(load_plan(root, "90-lab"), b"a seed of the relay's tests")

    def said(self, body: str, student: str = "mallory") -> str:
        """BODY is the function's body; its value, or its error, as the reasons quote it."""
        answer = "def try_it(name):\n" + textwrap.indent(textwrap.dedent(body), "    ")
        path = self.root / f"submitted/{student}/90-lab/90-lab.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(notebook(answer))
        plan = self._judge.plan
        raw = path.read_bytes()
        parsed = parse_notebook(raw, path.name)
        submission = read_submission(raw, parsed, plan.release, plan.exercise.tasks)
        (mark,), _ = grade(self._servers.get(), self._judge, submission, student, self._endpoint)
        return "right" if mark.points else " ".join(mark.reasons)


@pytest.fixture
def arena(tmp_path: Path, servers: Servers, lab: Instance, monkeypatch: pytest.MonkeyPatch) -> LabArena:
    monkeypatch.setenv("LAB_STATE", str(lab.state))
    assert lab.running is not None
    return LabArena(tmp_path / "lab-course", servers, lab.running.endpoint)


def client(lab: Instance, key: str, service: str = "kinesis", **more: Any) -> Any:
    """Past the relay, straight to the lab."""
    assert lab.running is not None
    return boto3.client(service, endpoint_url=lab.running.endpoint, region_name="us-east-1",
                        aws_access_key_id=key, aws_secret_access_key="x", **more)  # fmt: skip


def test_plain_boto3_works_in_an_account_of_its_own(arena: LabArena, lab: Instance) -> None:
    body = """
        kinesis = boto3.client("kinesis")
        kinesis.create_stream(StreamName=name, ShardCount=1)
        kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
        kinesis.put_records(StreamName=name, Records=[{"Data": b"x", "PartitionKey": "k"}] * 3)
        shard = kinesis.list_shards(StreamName=name)["Shards"][0]["ShardId"]
        place = kinesis.get_shard_iterator(StreamName=name, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
        records = kinesis.get_records(ShardIterator=place["ShardIterator"])["Records"]
        return ["yes"] if len(records) == 3 else [len(records)]
    """
    assert arena.said(body) == "right"


def test_the_account_is_wiped_and_another_one_each_time(arena: LabArena, lab: Instance) -> None:
    body = """
        boto3.client("kinesis").create_stream(StreamName=name, ShardCount=1)
        return ["account " + boto3.client("sts").get_caller_identity()["Account"]]
    """
    accounts = [re.search(r"account (\d{12})", arena.said(f"{body.rstrip()}  # {n}")) for n in range(2)]
    first, second = (found[1] for found in accounts if found)
    assert first != second
    assert client(lab, first).list_streams()["StreamNames"] == []


def test_another_account_is_out_of_reach(arena: LabArena, lab: Instance) -> None:
    client(lab, "111122223333").create_stream(StreamName="secret", ShardCount=1)
    body = """
        other = boto3.client("kinesis", aws_access_key_id="111122223333", aws_secret_access_key="x")
        return other.list_streams()["StreamNames"]
    """
    assert "not of this submission" in arena.said(body)
    assert client(lab, "111122223333").list_streams()["StreamNames"] == ["secret"], "the control"


@pytest.mark.parametrize("path", ["/_lab/instance", "/_localstack/health", "/%5flab/x", "/bucket/key"])
def test_the_emulator_s_own_addresses_are_closed(arena: LabArena, path: str) -> None:
    body = f"""
        import os
        from urllib.request import urlopen
        return urlopen(os.environ["AWS_ENDPOINT_URL"] + {path!r}).status
    """
    assert "HTTP Error 403" in arena.said(body)


def test_other_services_are_closed(arena: LabArena) -> None:
    assert "does not use s3" in arena.said('return boto3.client("s3").list_buckets()["Buckets"]')
    assert "does not use kms" in arena.said('return boto3.client("kms").list_keys()["Keys"]')


def test_its_own_clock_and_no_other_switch(arena: LabArena) -> None:
    body = """
        from lab.control import control
        before = control().look("clock")["offset_seconds"]
        control().set("clock", advance_seconds=3600)
        moved = control().look("clock")["offset_seconds"] - before
        try:
            control().set("quotas", mode="off")
        except Exception as error:
            return ["yes"] if moved == 3600 else [moved]
        return ["quotas are open"]
    """
    assert arena.said(body) == "right"


def test_keys_that_the_lab_issued_inside_the_account_pass(arena: LabArena) -> None:
    body = """
        iam = boto3.client("iam")
        iam.create_user(UserName=name)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        own = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        sts = boto3.client("sts", **own)
        role = "arn:aws:iam::" + sts.get_caller_identity()["Account"] + ":role/x"
        for given in (sts.get_session_token(), sts.assume_role(RoleArn=role, RoleSessionName=name)):
            given = given["Credentials"]
            sts = boto3.client("sts", aws_access_key_id=given["AccessKeyId"],
                aws_secret_access_key=given["SecretAccessKey"], aws_session_token=given["SessionToken"])
        return ["yes"] if sts.get_caller_identity()["Account"] else ["no"]
    """
    assert arena.said(body) == "right"
    forged = 'return boto3.client("sts", aws_access_key_id="LKIAQAAAAAAAFORGED00", aws_secret_access_key="x")'
    assert "not of this submission" in arena.said(f"{forged}.get_caller_identity()")


def test_without_a_lab_the_call_is_refused_in_words(
    arena: LabArena, grader: Grader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert arena.said('return ["yes"]') == "right", "the control"
    monkeypatch.setenv("LAB_STATE", str(tmp_path / "no-lab"))
    done = grader("autograde", "90-lab", cwd=arena.root)
    assert done.returncode == 2
    assert "lab up" in done.stderr


OWN, OTHER = "123456789012", "111122223333"


def signed(account: str, service: str = "kinesis") -> str:
    scope = f"{account}/20261120/us-east-1/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={'0' * 64}"


def request(headers: list[str], body: bytes = b"{}", operation: str = "ListStreams") -> bytes:
    """A Kinesis request as bytes, with exactly these HEADERS besides the usual ones."""
    kind, target = "application/x-amz-json-1.1", f"Kinesis_20131202.{operation}"
    lines = ["POST / HTTP/1.1", "Host: x", f"Content-Type: {kind}", f"X-Amz-Target: {target}"]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", *headers, "", ""]).encode() + body


def exchange(address: tuple[str, int], data: bytes) -> bytes:
    """What comes back for these bytes, until the other side closes or is silent."""
    with socket.create_connection(address) as connection:
        connection.settimeout(3)
        connection.sendall(data.replace(b"Host: x", b"Host: x\r\nConnection: close", 1))
        answer = b""
        with contextlib.suppress(OSError):
            while piece := connection.recv(1 << 16):
                answer += piece
    return answer


@dataclass
class Ways:
    """The way through the relay, and the one past it, which is each test's control."""

    relay: tuple[str, int]
    lab: tuple[str, int]
    gate: Gate

    def client(self, service: str, key: str = OWN, **more: str) -> Any:
        host, port = self.relay
        return boto3.client(service, endpoint_url=f"http://{host}:{port}", region_name="us-east-1",
                            aws_access_key_id=key, aws_secret_access_key="x", **more)  # fmt: skip


@pytest.fixture(scope="module")
def victim(lab: Instance) -> str:
    """Another account with a stream and a bucket named `victim`."""
    client(lab, OTHER).create_stream(StreamName="victim", ShardCount=1)
    buckets = client(lab, OTHER, "s3")
    buckets.create_bucket(Bucket="victim")
    buckets.put_object(Bucket="victim", Key="key", Body=b"victim's")
    return OTHER


@pytest.fixture
def ways(lab: Instance, victim: str) -> Iterator[Ways]:
    assert lab.running is not None
    listener = socket.create_server(("127.0.0.1", 0))
    gate = Gate(OWN, frozenset({"kinesis", "s3", "sts", "iam"}), frozenset({"clock"}))
    relay = Relay(listener, lab.running.endpoint, gate)
    address = urlsplit(lab.running.endpoint)
    yield Ways(listener.getsockname(), (str(address.hostname), int(address.port or 0)), gate)
    relay.close()


@pytest.mark.parametrize(
    "headers",
    [
        [f"Authorization: {signed(OWN)}", f"Authorization: {signed(OTHER)}"],
        [f"Authorization: {signed(OWN)}, Credential={OTHER}/20261120/us-east-1/kinesis/aws4_request"],
        [f"Authorization: AWS {OTHER}:x {signed(OWN)}"],
        [f"authorization: {signed(OTHER)}"],
        [f"Authorization: {signed(OTHER)}", "X-Localstack-Data: {}"],
    ],
    ids=["twice", "two credentials", "version 2", "small letters", "internal header"],
)
def test_no_second_reading_of_a_signature(ways: Ways, headers: list[str]) -> None:
    assert b"403" in exchange(ways.relay, request(headers))[:20]
    assert b"200" in exchange(ways.relay, request([f"Authorization: {signed(OWN)}"]))[:20]
    plain = [headers[-1].replace(f"AWS {OTHER}:x {signed(OWN)}", signed(OTHER))]
    if "X-Localstack" in headers[-1]:
        plain = headers
    assert b"victim" in exchange(ways.lab, request(plain)), "the control: past the relay"


def test_no_request_inside_another_one(ways: Ways) -> None:
    """Lengths that disagree: what the lab would take for a second request never goes to it."""
    hidden = request([f"Authorization: {signed(OTHER)}"])
    for lengths in (["Content-Length: 0"], ["Transfer-Encoding: chunked"], ["Content-Length : 0"]):
        data = request([f"Authorization: {signed(OWN)}", *lengths], body=hidden)
        assert b"victim" not in exchange(ways.relay, data)
    two = request([f"Authorization: {signed(OWN)}"]) + hidden
    assert exchange(ways.relay, two.replace(b"Connection: close", b"A: b")).count(b"200 OK") <= 1
    with socket.create_connection(ways.lab) as connection:
        connection.settimeout(3)
        connection.sendall(request([f"Authorization: {signed(OWN)}"]) + hidden)
        answer = b""
        with contextlib.suppress(OSError):
            while b"victim" not in answer:
                answer += connection.recv(1 << 16)
    assert b"victim" in answer, "the control: the lab takes two requests from one connection"


@pytest.mark.parametrize("end", [b"\r\n", b"\r"])
def test_no_header_inside_another_one(ways: Ways, end: bytes) -> None:
    """A line that goes on: the relay hands on no end of a line within a header."""
    own = f"Authorization: {signed(OWN)}"
    data = request([own, "X-Amz-Date: one"]).replace(b"one", b"one" + end + b" X-Localstack-Data: {}")
    assert b"more than one line" in exchange(ways.relay, data)
    reached = exchange(ways.relay, request([own, "X-Amz-Date: one"]))
    assert b"amzn-requestid" in reached.lower(), "the control"


ARN = f"arn:aws:kinesis:us-east-1:{OTHER}:stream/victim"


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"StreamARN": ARN}).encode(),
        json.dumps({"StreamARN": ARN}).replace("arn", "\\u0061rn").encode(),
        json.dumps({"StreamARN": ARN}).encode("utf-16"),
        b'{"StreamARN": "%s", "StreamARN": "arn:aws:kinesis:us-east-1:%s:stream/x"}'
        % (ARN.encode(), OWN.encode()),
    ],
    ids=["plain", "escaped", "UTF-16", "twice"],
)
def test_no_resource_of_another_account(ways: Ways, lab: Instance, body: bytes) -> None:
    share(client(lab, OTHER), ARN, OWN, "kinesis:DescribeStreamSummary")
    own = [f"Authorization: {signed(OWN)}"]
    answer = exchange(ways.relay, request(own, body, "DescribeStreamSummary"))
    assert answer[9:12] == b"403"
    assert b"another account" in answer or b"stands twice" in answer or b"not JSON in UTF-8" in answer
    plain = json.dumps({"StreamARN": ARN}).encode()
    past = exchange(ways.lab, request(own, plain, "DescribeStreamSummary"))
    assert b'"StreamName":"victim"' in past, "the control: past the relay"


def test_a_policy_may_name_another_account(ways: Ways) -> None:
    kinesis = ways.client("kinesis")
    kinesis.create_stream(StreamName="shared", ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName="shared", WaiterConfig={"Delay": 1})
    arn = kinesis.describe_stream_summary(StreamName="shared")["StreamDescriptionSummary"]["StreamARN"]
    who = {"AWS": f"arn:aws:iam::{OTHER}:root"}
    allow = {"Effect": "Allow", "Resource": arn, "Principal": who, "Action": "kinesis:GetRecords"}
    policy = {"Version": "2012-10-17", "Statement": [allow]}
    kinesis.put_resource_policy(ResourceARN=arn, Policy=json.dumps(policy))
    assert OTHER in kinesis.get_resource_policy(ResourceARN=arn)["Policy"]


def test_another_account_s_bucket(ways: Ways, lab: Instance) -> None:
    s3 = ways.client("s3")
    for call in (
        lambda: s3.get_object(Bucket="victim", Key="key"),
        lambda: s3.put_object(Bucket="victim", Key="key", Body=b"changed"),
        lambda: s3.delete_bucket(Bucket="victim"),
        lambda: s3.create_bucket(Bucket="victim"),
    ):
        with pytest.raises(ClientError):
            call()
    assert s3.list_buckets()["Buckets"] == []
    own = f"logs-{OWN}"
    s3.create_bucket(Bucket=own)
    s3.put_object(Bucket=own, Key="a/b c/_d", Body=b"x")
    assert s3.get_object(Bucket=own, Key="a/b c/_d")["Body"].read() == b"x"
    with pytest.raises(ClientError, match=f"holds the account's number here, like logs-{OWN}"):
        s3.create_bucket(Bucket="any-other-name")
    with pytest.raises(ClientError, match="bucket victim"):
        s3.copy_object(Bucket=f"logs-{OWN}", Key="stolen", CopySource="victim/key")
    past = client(lab, OWN, "s3").get_object(Bucket="victim", Key="key")["Body"].read()
    assert past == b"victim's", "the control: past the relay"


@pytest.mark.parametrize("by", ["query", "old query"])
def test_no_signature_in_an_address(ways: Ways, lab: Instance, by: str) -> None:
    version = "s3v4" if by == "query" else "s3"
    theirs = client(lab, OTHER, "s3", config=Config(signature_version=version))
    url = urlsplit(theirs.generate_presigned_url("get_object", Params={"Bucket": "victim", "Key": "key"}))
    head = f"GET {url.path}?{url.query} HTTP/1.1\r\nHost: x\r\n"
    own = f"Authorization: {signed(OWN, 's3')}\r\n"
    for extra in ("", own):
        assert b"403" in exchange(ways.relay, f"{head}{extra}\r\n".encode())[:20]
    address = "{}:{}".format(*ways.lab).encode()
    past = exchange(ways.lab, f"{head}\r\n".encode().replace(b"Host: x", b"Host: " + address))
    assert b"victim's" in past, "the control: past the relay"


def test_a_role_in_another_account_gives_no_keys(ways: Ways) -> None:
    def streams_by(account: str) -> list[str]:
        role = f"arn:aws:iam::{account}:role/x"
        given = ways.client("sts").assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
        key, token = given["AccessKeyId"], given["SessionToken"]
        names: list[str] = ways.client("kinesis", key, aws_session_token=token).list_streams()["StreamNames"]
        return names

    assert "victim" not in streams_by(OWN)
    with pytest.raises(ClientError, match="not of this submission"):
        streams_by(OTHER)


def test_a_key_that_the_lab_only_repeats_is_not_issued(ways: Ways, lab: Instance) -> None:
    key = client(lab, OTHER, "sts").get_session_token()["Credentials"]["AccessKeyId"]
    kinesis = ways.client("kinesis")
    kinesis.create_stream(StreamName="parrot", ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName="parrot", WaiterConfig={"Delay": 1})
    kinesis.add_tags_to_stream(StreamName="parrot", Tags={"say": f"AccessKeyId: {key}"})
    assert key in str(kinesis.list_tags_for_stream(StreamName="parrot"))
    with pytest.raises(ClientError, match="not of this submission"):
        ways.client("kinesis", key).list_streams()
    assert "victim" in client(lab, key).list_streams()["StreamNames"], "the control: past the relay"


@pytest.mark.parametrize(
    "path",
    ["/_localstack/health", "/%5flocalstack/health", "/%255Flocalstack/health", "/./_localstack/health",
     "/x/../_localstack/health", "/%2e/_localstack/health", "//_localstack/health", "/%2f_localstack/health",
     "/;/_localstack/health", "/\\_localstack/health", "http://x/_localstack/health",
     f"/_lab/accounts/{OWN}/wipe", f"/_lab/accounts/{OTHER}/clock", f"/_lab/accounts/{OWN}/clock/../wipe"],
)  # fmt: skip
def test_no_other_way_to_the_emulator_s_addresses(ways: Ways, path: str) -> None:
    own = f"Host: x\r\nAuthorization: {signed(OWN, 's3')}\r\n\r\n"
    answer = exchange(ways.relay, f"GET {path} HTTP/1.1\r\n{own}".encode())
    assert answer[9:12] == b"403"
    assert b"The grader refuses" in answer
    past = exchange(ways.lab, f"GET /_localstack/health HTTP/1.1\r\n{own}".encode())
    assert b'"services"' in past, "the control: past the relay"


def test_the_token_opens_what_it_is_for(ways: Ways, lab: Instance) -> None:
    """Even past the relay: the learner's token opens the own clock, and no other account's."""
    assert lab.running is not None
    token = control_token(lab.running.secret, OWN, "learner")
    head = f"HTTP/1.1\r\nHost: x\r\nX-Lab-Token: {token}\r\n\r\n"

    def status(address: tuple[str, int], account: str, switch: str) -> bytes:
        return exchange(address, f"GET /_lab/accounts/{account}/{switch} {head}".encode())[9:12]

    assert status(ways.relay, OWN, "clock") == status(ways.lab, OWN, "clock") == b"200"
    assert status(ways.lab, OTHER, "clock") == status(ways.lab, OWN, "wipe") == b"403"


def test_many_connections_cost_no_threads(ways: Ways) -> None:
    """Bounded at 300."""
    before = threading.active_count()
    with contextlib.ExitStack() as stack:
        made = [stack.enter_context(socket.create_connection(ways.relay)) for _ in range(300)]
        for connection in made:
            with contextlib.suppress(OSError):
                connection.sendall(b"POST / HTTP/1.1\r\n")
        time.sleep(0.3)
        assert threading.active_count() - before <= CONNECTIONS
    end = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < end:
        time.sleep(0.02)
    assert ways.client("kinesis").list_streams()["StreamNames"] is not None, "and it goes on"


def test_requests_are_counted(ways: Ways) -> None:
    ways.gate.requests = 49_999
    own = request([f"Authorization: {signed(OWN)}"])
    assert b"200" in exchange(ways.relay, own)[:20]
    assert b"more than" in exchange(ways.relay, own)


def test_no_call_to_lambda_whatever_the_assignment_names() -> None:
    """Lambda runs code outside of the sandbox: not even an assignment that names it gets through."""
    gate = Gate(OWN, frozenset({"kinesis", "lambda"}))
    said = "application/json"
    for target in ("/2015-03-31/functions", "/2015-03-31/functions/x/invocations", "/", "/x"):
        for method in ("GET", "POST", "PUT", "DELETE"):
            headers = [("Authorization", signed(OWN, "lambda")), ("Content-Type", said)]
            with pytest.raises(Refusal):
                gate.admit(method, target, headers)
    with pytest.raises(Refusal):
        gate.admit("POST", "/2015-03-31/functions", [("Authorization", signed(OWN, "kinesis"))])
    target = ("X-Amz-Target", "Kinesis_20131202.ListStreams")
    kind = ("Content-Type", "application/x-amz-json-1.1")
    admitted = gate.admit("POST", "/", [("Authorization", signed(OWN)), kind, target])
    assert admitted.service == "kinesis", "the control"
