"""A Kinesis request gets the same answer on its short way as on the way of all requests."""

import http.client
import itertools
import json
import socket
import subprocess
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest

from lab.aws.folders import EMULATOR_PYTHON
from lab.control import Control
from tests.lab.emulator.support import create, quotas_off

JSON_TYPE, CBOR_TYPE = "application/x-amz-json-1.1", "application/x-amz-cbor-1.1"
ORDINARY = {"Referer": "https://localhost/"}
"""A page that LocalStack lets in: it changes nothing in the answer, and is out of the ordinary."""
CHANGES = {"date", "x-amzn-requestid", "x-amz-id-2"}
EMPTY_MAP = b"\xa0"
"""{} in CBOR."""

Told = tuple[int, str, list[tuple[str, str]], bytes]


def headers_of(
    account: Mapping[str, str], operation: str, content_type: str = JSON_TYPE, region: str = "us-east-1"
) -> dict[str, str]:
    scope = f"{account['AWS_ACCESS_KEY_ID']}/20260101/{region}/kinesis/aws4_request"
    return {
        "Host": urlsplit(account["AWS_ENDPOINT_URL"]).netloc,
        "X-Amz-Target": f"Kinesis_20131202.{operation}",
        "Content-Type": content_type,
        "X-Amz-Date": "20260101T000000Z",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
    }


def ask(account: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> Told:
    address = urlsplit(account["AWS_ENDPOINT_URL"])
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    try:
        connection.request("POST", "/", body, dict(headers))
        answer = connection.getresponse()
        told = [(name, value) for name, value in answer.getheaders() if name.lower() not in CHANGES]
        assert {name.lower() for name, _ in answer.getheaders()} >= CHANGES
        return answer.status, answer.reason, told, answer.read()
    finally:
        connection.close()


def talk(account: Mapping[str, str], text: bytes, until: bytes, times: int = 1) -> bytes:
    """What comes back for raw bytes, until UNTIL came so many times."""
    address, got = urlsplit(account["AWS_ENDPOINT_URL"]), b""
    with socket.create_connection((address.hostname, address.port), timeout=60) as link:
        link.sendall(text)
        while got.count(until) < times and (more := link.recv(65_536)):
            got += more
    return got


REQUESTS: list[tuple[str, str, bytes]] = [
    ("ListStreams", JSON_TYPE, b"{}"),
    ("ListStreams", CBOR_TYPE, EMPTY_MAP),
    ("DescribeStreamSummary", JSON_TYPE, b'{"StreamName": "orders"}'),
    ("DescribeStreamSummary", JSON_TYPE, b'{"StreamName": "missing"}'),
    ("DescribeStreamSummary", CBOR_TYPE, EMPTY_MAP),
    ("CreateStream", JSON_TYPE, b'{"StreamName": "orders", "ShardCount": 1}'),
    ("PutRecord", JSON_TYPE, b'{"StreamName": "orders", "Data": "!", "PartitionKey": ""}'),
    ("PutRecord", JSON_TYPE, b'{"StreamName": "orders", "Data": "", "PartitionKey": ""}'),
    ("PutRecord", CBOR_TYPE, b"\xff"),
    ("PutRecord", JSON_TYPE, b'{"StreamName": "orders", "Data": "", "PartitionKey": "k", "DryRun": true}'),
    ("PutRecords", JSON_TYPE, b'{"StreamName": "throttled", "Records": []}'),
    ("GetRecords", JSON_TYPE, b'{"ShardIterator": "mangled"}'),
    ("GetRecords", JSON_TYPE, b""),
    ("SubscribeToShard", JSON_TYPE, b"{}"),
    ("AddTagsToStream", JSON_TYPE, b'{"StreamName": "orders", "Tags": {"a": "b"}}'),
    ("ListShards", JSON_TYPE, b'{"StreamName": "orders"}'),
    ("Nothing", JSON_TYPE, b"{}"),
]
"""Asking any of them twice changes nothing that the second answer tells."""


@pytest.mark.xdist_group("shared-lab")
def test_both_ways_give_the_same_answer(
    kinesis: Any, control: Control, fresh_account: Mapping[str, str]
) -> None:
    create(kinesis)
    quotas_off(control)
    for operation, content_type, body in REQUESTS:
        headers = headers_of(fresh_account, operation, content_type)
        short, ordinary = ask(fresh_account, headers, body), ask(fresh_account, headers | ORDINARY, body)
        assert short == ordinary, (operation, body)


@pytest.mark.xdist_group("shared-lab")
def test_what_the_lab_decides_holds_on_both_ways(
    kinesis: Any, control: Control, fresh_account: Mapping[str, str]
) -> None:
    create(kinesis)
    headers = headers_of(fresh_account, "DescribeStreamSummary")
    body = b'{"StreamName": "orders"}'
    fault = {"operation": "kinesis.DescribeStreamSummary", "error": "InternalFailure", "requests": [1, 2]}
    control.set("faults", rules=[fault])
    control.set("calls")
    assert [ask(fresh_account, headers | more, body)[0] for more in ({}, ORDINARY, {})] == [500, 500, 200]
    assert control.look("calls") == {"kinesis.DescribeStreamSummary": 3}
    control.set("iam", enabled=True)
    nobody = {**fresh_account, "AWS_ACCESS_KEY_ID": "LKIAQAAAAAAANOBODY00"}
    refused = [ask(nobody, headers_of(nobody, "ListStreams") | more, b"{}") for more in ({}, ORDINARY)]
    assert refused[0] == refused[1]
    control.set("iam", enabled=False)
    far = [
        ask(fresh_account, headers_of(fresh_account, "ListStreams", region=r), b"{}")
        for r in ("eu-west-1", "x-1")
    ]
    assert [json.loads(one[3])["StreamNames"] for one in far] == [[], ["orders"]], "no region: us-east-1"


@pytest.mark.xdist_group("shared-lab")
def test_connections_are_kept_packed_and_ended_as_clients_ask(
    control: Control, fresh_account: Mapping[str, str]
) -> None:
    quotas_off(control)
    headers = headers_of(fresh_account, "ListStreams")
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    one = f"POST / HTTP/1.1\r\n{head}Content-Length: 2\r\n\r\n{{}}".encode()
    chunked = f"POST / HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n".encode()
    answers = talk(fresh_account, one * 3 + chunked, b'"HasMoreStreams":false', 4)
    assert answers.count(b"HTTP/1.1 200 OK\r\n") == 4, "four on one connection, sent at once"
    last = one.replace(b"Content-Length", b"Connection: close\r\nContent-Length")
    ended = talk(fresh_account, last, b"never")
    assert ended.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"connection: close\r\n" in ended.lower()
    old = talk(fresh_account, one.replace(b"HTTP/1.1", b"HTTP/1.0"), b"never")
    assert old.startswith(b"HTTP/1.0 200 OK\r\n")
    patient = one.replace(b"Content-Length", b"Expect: 100-continue\r\nContent-Length")
    assert talk(fresh_account, patient, b'"HasMoreStreams"').startswith(b"HTTP/1.1 100 Continue\r\n")


@pytest.mark.xdist_group("shared-lab")
def test_a_request_may_come_in_any_pieces(control: Control, fresh_account: Mapping[str, str]) -> None:
    quotas_off(control)
    one, body = raw(fresh_account), b'"HasMoreStreams":false'
    head, end = one.index(b"\r\n\r\n") + 4, len(one)
    address = urlsplit(fresh_account["AWS_ENDPOINT_URL"])
    with socket.create_connection((address.hostname, address.port), timeout=60) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for cuts in ([head], [head + 1], [9], [20, head - 2], [head - 1], [3, head, head + 1]):
            for begin, until in itertools.pairwise([0, *cuts, end]):
                link.sendall(one[begin:until])
                time.sleep(0.02)  # or the kernel would join them
            assert until_seen(link, body).startswith(b"HTTP/1.1 200 OK\r\n"), cuts
        link.sendall(one + one[:head])  # one and a half, then the rest with one more, then two at once
        link.sendall(one[head:] + one)
        link.sendall(one + one)
        assert until_seen(link, body, 5).count(b"HTTP/1.1 200 OK\r\n") == 5
    large = json.dumps({"StreamName": "none", "Records": [{"PartitionKey": "k", "Data": "A" * 10**6}] * 4})
    refused = ask(fresh_account, headers_of(fresh_account, "PutRecords"), large.encode())
    assert refused[0] == 400
    assert b"ResourceNotFoundException" in refused[3]


def until_seen(link: socket.socket, what: bytes, times: int = 1) -> bytes:
    got = b""
    while got.count(what) < times and (more := link.recv(65_536)):
        got += more
    return got


def raw(account: Mapping[str, str], *more: str, length: str = "Content-Length: 2") -> bytes:
    """ListStreams with further lines in its head."""
    told = [f"{name}: {value}" for name, value in headers_of(account, "ListStreams").items()]
    return "\r\n".join(["POST / HTTP/1.1", *told, *more, length, "", "{}"]).encode("latin-1")


@pytest.mark.xdist_group("shared-lab")
@pytest.mark.parametrize(
    ("more", "length", "status"),
    [
        (["Connection: keep-alive", "connection-id: 7", "X-Empty:", "X-Tab:\t1\t"], "content-length:2 ", 200),
        (["X-Folded: one", " two"], "Content-Length: 2", 200),
        (["X-Latin: \xe9"], "Content-Length: 2", 200),
        (["Host : other"], "Content-Length: 2", 400),
        ([": nameless"], "Content-Length: 2", 400),
        (["no colon"], "Content-Length: 2", 400),
        ([], "Content-Length: +2", 400),
        ([], "Content-Length: 2_0", 400),
        (["Content-Length: 2"], "Content-Length: 2", 400),
        (["Content-Length: 2"], "Transfer-Encoding: chunked", 400),
        (["Transfer-Encoding: gzip"], "Content-Length: 2", 400),
    ],
)
def test_a_head_is_read_as_strictly_as_any(
    control: Control, fresh_account: Mapping[str, str], more: list[str], length: str, status: int
) -> None:
    quotas_off(control)
    ordinary = raw(fresh_account, "Referer: https://localhost/", *more, length=length)
    until = b'"HasMoreStreams":false' if status == 200 else b"never"
    for one in (raw(fresh_account, *more, length=length), ordinary):
        assert talk(fresh_account, one, until).startswith(b"HTTP/1.1 %d " % status), one


@pytest.mark.xdist_group("shared-lab")
def test_who_leaves_in_the_middle_leaves_nothing(
    kinesis: Any, control: Control, fresh_account: Mapping[str, str]
) -> None:
    body = b'{"StreamName": "half", "ShardCount": 1}'
    one = raw(fresh_account, length=f"Content-Length: {len(body)}").replace(b"ListStreams", b"CreateStream")
    address = urlsplit(fresh_account["AWS_ENDPOINT_URL"])
    for sent in (one[:-2] + body[:-1], one[:-2]):
        with socket.create_connection((address.hostname, address.port), timeout=60) as link:
            link.sendall(sent)
            link.shutdown(socket.SHUT_WR)
            assert link.recv(100) == b""
    assert kinesis.list_streams()["StreamNames"] == []
    assert talk(fresh_account, one[:-2] + body, b"\r\n\r\n").startswith(b"HTTP/1.1 200 OK\r\n"), "a control"
    assert kinesis.list_streams()["StreamNames"] == ["half"]


@pytest.mark.xdist_group("shared-lab")
def test_a_header_that_is_too_large_is_answered(fresh_account: Mapping[str, str]) -> None:
    headers = headers_of(fresh_account, "ListStreams")
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    half = "x" * 8_000
    for more in (f"A: {half * 3}\r\n", f"A: {half}\r\nB: {half}\r\nC: {half}\r\n"):
        said = talk(fresh_account, f"POST / HTTP/1.1\r\n{head}{more}".encode(), b"never")
        assert said.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
        assert said.count(b"HTTP/1.1") == 1
        assert said.endswith(b"\r\n\r\nThe request's header is larger than 16384 bytes.\n")
    fits = f"POST / HTTP/1.1\r\n{head}A: {half}\r\nContent-Length: 2\r\n\r\n{{}}"
    assert talk(fresh_account, fits.encode(), b'"HasMoreStreams"').startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.xdist_group("shared-lab")
def test_a_page_of_another_site_is_kept_out(kinesis: Any, fresh_account: Mapping[str, str]) -> None:
    headers, body = headers_of(fresh_account, "CreateStream"), b'{"StreamName": "theirs", "ShardCount": 1}'
    assert ask_raw(fresh_account, headers | {"Origin": "https://example.org"}, body) == (403, None)
    assert kinesis.list_streams()["StreamNames"] == []
    allowed = ask_raw(fresh_account, headers | {"Origin": "https://localhost"}, body)
    assert allowed == (200, "https://localhost")


def ask_raw(account: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> tuple[int, str | None]:
    address = urlsplit(account["AWS_ENDPOINT_URL"])
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    connection.request("POST", "/", body, dict(headers))
    answer = connection.getresponse()
    connection.close()
    return answer.status, answer.headers.get("Access-Control-Allow-Origin")


CHOOSES = """
import json, sys
from lab_emulator.short_way import caller_of
def chosen(method, address, headers):
    found = caller_of(method.encode(), address.encode(), [tuple(one) for one in headers])
    return found and [found.account, found.region, found.partition]
print(json.dumps([chosen(*one) for one in json.load(sys.stdin)]))
"""


def test_the_short_way_is_for_plain_requests(fresh_account: Mapping[str, str]) -> None:
    headers = headers_of(fresh_account, "PutRecord")
    plain = list(headers.items())
    account = fresh_account["AWS_ACCESS_KEY_ID"]

    def but(**changed: str) -> list[tuple[str, str]]:
        return list((headers | {name.replace("_", "-"): value for name, value in changed.items()}).items())

    taken = [
        ("POST", "/", plain),
        ("POST", "/", list(headers_of(fresh_account, "ListStreams", CBOR_TYPE, "eu-west-1").items())),
    ]
    signed = headers["Authorization"]
    left = [
        ("GET", "/", plain),
        ("POST", "/?X-Amz-Signature=0", plain),
        ("POST", "/bucket", plain),
        ("POST", "/", [*plain, plain[1]]),
        ("POST", "/", list((headers | ORDINARY).items())),
        ("POST", "/", but(Origin="https://localhost")),
        ("POST", "/", but(Content_Encoding="gzip")),
        ("POST", "/", but(Content_Type="application/x-www-form-urlencoded")),
        ("POST", "/", but(X_Amz_Target="Kinesis_20131202.SubscribeToShard")),
        ("POST", "/", but(X_Amz_Target="Firehose_20150804.PutRecord")),
        ("POST", "/", but(Host="orders.s3.localhost.localstack.cloud:4566")),
        ("POST", "/", but(Host="abc.lambda-url.us-east-1.localhost.localstack.cloud:4566")),
        ("POST", "/", but(Authorization=signed.replace("kinesis", "s3"))),
        ("POST", "/", but(Authorization=signed.replace("us-east-1", "x-1"))),
        ("POST", "/", but(Authorization="Basic 0")),
        ("POST", "/", but(x_localstack_data="{}")),
    ]
    done = subprocess.run(
        [str(EMULATOR_PYTHON), "-c", CHOOSES],
        input=json.dumps(taken + left), capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    chosen = json.loads(done.stdout)
    assert chosen[:2] == [[account, "us-east-1", "aws"], [account, "eu-west-1", "aws"]]
    assert chosen[2:] == [None] * len(left)
