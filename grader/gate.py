"""What one submission may ask of the lab. Every request is brought into a form that has one reading only.

The lab finds the account and the service in a request by its own rules, which take much for a signature.
So nothing is passed on as it came: the address, each header and the signature must have exactly the
expected form, once, and what is passed on is built from the parts that were judged.
"""

import base64
import contextlib
import json
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

REQUESTS: Final = 50_000
"""How many one submission may make."""
SECONDS_TO_END: Final = 10.0
"""For requests that are at the lab when the grader wants to look at it undisturbed."""
METHODS: Final = ("GET", "POST", "PUT", "DELETE", "HEAD")
SIGNATURE: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[A-Za-z0-9]{1,128})/(?P<scope>\d{8}/[a-z0-9-]{1,30}/"
    r"(?P<service>[a-z0-9-]{1,40})/aws4_request), ?SignedHeaders=(?P<signed>[a-z0-9;-]{1,2000}), ?"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)
PASSED_ON: Final = re.compile(
    r"accept(-[a-z]+)?|amz-sdk-[a-z-]+|cache-control|content-(type|md5|encoding|language|disposition)|date|"
    r"expires|if-[a-z-]+|range|smithy-protocol|user-agent|x-amz-[a-z0-9-]+|x-amzn?-[a-z0-9-]+"
)
"""Headers that AWS's services read; the emulator's own (x-localstack, x-moto) are not among them."""
IN_QUERY: Final = frozenset({"x-amz-credential", "x-amz-security-token", "awsaccesskeyid", "signature"})
ISSUED_KEY: Final = re.compile(rb'AccessKeyId"?>?\s*:?\s*"?(L[KS]IA[A-Z2-7]{16,124})')
ISSUERS: Final = ("iam", "sts")
BY_NAME: Final = frozenset({"iam", "sts", "s3"})
"""Services whose requests name others only in policies and roles; buckets are looked at by themselves."""
OTHER_PROTOCOLS: Final = BY_NAME | {"monitoring"}
"""Services that are not spoken to in JSON; all others are."""
JSON_TYPE: Final = re.compile(r"application/x-amz-json-1\.[01]")
HOLDS_NAMES: Final = re.compile(rb"arn:|arn%3a|\\u|\0", re.IGNORECASE)
"""What a body must hold to name a resource: written out, escaped, or in an encoding of wider characters."""
ARN: Final = re.compile(r"arn:aws[a-z-]*:(?!iam:|sts:)[a-z0-9-]*:[a-z0-9-]*:(\d{12}):")


class Refusal(Exception):  # noqa: N818 - an answer to a request, not a fault
    """What is wrong with a request, as the end of "The grader refuses this: ..."."""


@dataclass(frozen=True)
class Admission:
    """A request that may pass: its service ("" for the lab's own switches) and the headers to pass on."""

    service: str
    headers: tuple[tuple[str, str], ...]
    content_type: str
    bucket: str = ""


def account_in(key: str) -> str:
    """The AWS account that an access key id carries; "" when it has none.

    Source: LocalStack 4, `localstack.aws.accounts`: characters 4 to 11 in base 32, the thirteenth's half.
    """
    try:
        number = int.from_bytes(base64.b32decode(key[4:12]), "big") - int.from_bytes(
            base64.b32decode("QAAAAAAA"), "big"
        )
    except ValueError:
        return ""
    return f"{2 * number + (key[12] in 'QRSTUVWXYZ234567'):012}"


@dataclass
class Gate:
    """What one submission may do."""

    account: str
    services: frozenset[str]
    switches: frozenset[str] = frozenset()
    """Of the lab's own, those that the assignment gives the learner: the clock, IAM."""
    keys: set[str] = field(default_factory=set)
    buckets: set[str] = field(default_factory=set)
    """Those that it made; another bucket must have the account's number in its name."""
    requests: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    closed: bool = False
    passing_now: int = 0

    def __post_init__(self) -> None:
        self._change = threading.Condition(self.lock)

    def open(self) -> None:
        """Let requests through again."""
        with self.lock:
            self.closed = False

    def close(self) -> None:
        """Let none through until it is opened; come back when none is at the lab, or after some seconds."""
        with self._change:
            self.closed = True
            self._change.wait_for(lambda: not self.passing_now, SECONDS_TO_END)

    @contextlib.contextmanager
    def passing(self) -> Iterator[None]:
        """While a request is at the lab. Raises Refusal while the gate is closed."""
        with self.lock:
            if self.closed:
                raise Refusal("nothing is let through between the calls of your function")
            self.passing_now += 1
        try:
            yield
        finally:
            with self._change:
                self.passing_now -= 1
                self._change.notify_all()

    def admit(self, method: str, target: str, headers: Sequence[tuple[str, str]]) -> Admission:
        """Judge a request by its head. Raises Refusal."""
        self._count()
        if method not in METHODS:
            raise Refusal(f"the method {method[:20]} is not for this lab")
        once = _once(headers)
        kind = once.get("content-type", "").partition(";")[0].strip().lower()
        passed = tuple((name, value) for name, value in once.items() if PASSED_ON.fullmatch(name))
        if target in {f"/_lab/accounts/{self.account}/{switch}" for switch in self.switches}:
            token = once.get("x-lab-token", "")
            return Admission("", (*passed, ("x-lab-token", token)), kind)
        first = _first_segment(target)
        signed = SIGNATURE.fullmatch(once.get("authorization", ""))
        if signed is None:
            raise Refusal("the request is not signed in its header by AWS's Signature Version 4")
        if signed["key"] != self.account and signed["key"] not in self.keys:
            raise Refusal("that key is not of this submission's account")
        if signed["service"] not in self.services:
            raise Refusal(f"this assignment does not use {signed['service']}")
        if signed["service"] not in OTHER_PROTOCOLS:
            passed = _in_json(passed, kind)
        self._refuse_foreign((unquote(target), *once.values()))
        bucket = first if signed["service"] == "s3" else ""
        if bucket and not (method == "PUT" and _is_bucket(target)):
            self._refuse_bucket(bucket)
        self._refuse_bucket(_first_segment("/" + once.get("x-amz-copy-source", "").lstrip("/")))
        signature = "AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={signed}, Signature={signature}"
        authorization = ("authorization", signature.format(**signed.groupdict()))
        return Admission(signed["service"], (*passed, authorization), kind, bucket)

    def admit_body(self, admission: Admission, body: bytes) -> None:
        """Judge the rest. Raises Refusal for one that names what belongs to another account."""
        if not admission.service or admission.service in BY_NAME or not HOLDS_NAMES.search(body):
            return
        self._refuse_foreign(_texts(body, admission.content_type))

    def learn(self, admission: Admission, answer: bytes) -> None:
        """Keys that the lab issued inside the account; those of another account are not among them."""
        if admission.service in ISSUERS:
            found = {key.decode() for key in ISSUED_KEY.findall(answer)}
            self.keys |= {key for key in found if account_in(key) == self.account}

    def made(self, bucket: str) -> None:
        self.buckets.add(bucket)

    def _refuse_foreign(self, texts: Sequence[str] | Iterator[str]) -> None:
        for text in texts:
            if any(account != self.account for account in ARN.findall(text[:4096])):
                raise Refusal("it names something of another account")

    def _refuse_bucket(self, bucket: str) -> None:
        if bucket and bucket not in self.buckets and self.account not in bucket:
            raise Refusal(f"the bucket {bucket[:63]} is not of this submission's account")

    def _count(self) -> None:
        with self.lock:
            self.requests += 1
            if self.requests > REQUESTS:
                raise Refusal(f"more than {REQUESTS} requests")


def _in_json(headers: Sequence[tuple[str, str]], kind: str) -> tuple[tuple[str, str], ...]:
    """The headers of a request in AWS's JSON, with nothing that says another protocol. Raises Refusal."""
    if not JSON_TYPE.fullmatch(kind):
        raise Refusal("this service is spoken to in JSON here")
    kept = (
        pair for pair in headers if pair[0] not in ("content-type", "smithy-protocol", "content-encoding")
    )
    return (*kept, ("content-type", kind))


def _once(headers: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The headers by name in small letters. Raises Refusal for one that stands twice."""
    once: dict[str, str] = {}
    for name, value in headers:
        if name.lower() in once:
            raise Refusal(f"the header {name[:40]} stands twice")
        once[name.lower()] = value
    return once


def _first_segment(target: str) -> str:
    """The first part of an address: a bucket. Raises Refusal for the emulator's own, however written."""
    path, _, query = target.partition("?")
    if IN_QUERY & {name.lower() for name, _ in parse_qsl(query, keep_blank_values=True)}:
        raise Refusal("an address that carries a signature is closed here; sign in the header")
    while (plain := unquote(path)) != path:
        path = plain
    parts = re.split(r"[/\\;]", path)
    if not path.startswith("/") or path.startswith("//") or {".", ".."} & set(parts):
        raise Refusal("an address is /bucket/key, with no dots for folders")
    if next((part for part in parts if part), "").startswith("_"):
        raise Refusal("the lab's own addresses are closed here")
    return parts[1]


def _is_bucket(target: str) -> bool:
    """Whether it is a bucket's own address, as CreateBucket has it."""
    return "?" not in target and target.strip("/").count("/") == 0


def _texts(body: bytes, content_type: str) -> Iterator[str]:
    """Every text in a body, however it is written down. Raises Refusal when it cannot be read."""
    if "json" in content_type:
        try:
            yield from _leaves(json.loads(body, object_pairs_hook=list))
        except (ValueError, RecursionError):
            raise Refusal("the body is not JSON") from None
    elif "urlencoded" in content_type:
        yield from (value for _, value in parse_qsl(body.decode(errors="replace")))
    else:
        yield from re.findall(r"arn:[!-~]+", body.decode("latin-1"))


def _leaves(value: Any) -> Iterator[str]:
    """Texts that are the name of a resource, not those that hold a policy or a record."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list | tuple):
            waiting.extend(item)
        elif isinstance(item, str) and item.startswith("arn:"):
            yield item
