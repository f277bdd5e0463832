"""What one submission may ask of the lab. Every request is brought into a form that has one reading only.

The lab finds the account and the service in a request by its own rules, which take much for a signature.
So nothing is passed on as it came: the address, each header and the signature must have exactly the
expected form, once, and what is passed on is built from the parts that were judged.
"""

import base64
import contextlib
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, unquote

from grader.walls import naming
from grader.walls.naming import Places, Refusal

REQUESTS: Final = 50_000
"""How many one submission may make."""
BYTES: Final = 256 * 2**20
"""Of all bodies of one submission: the lab keeps in memory what is written into it."""
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
QUERY: Final = frozenset({"iam", "sts"})
"""Services that are spoken to in AWS's query protocol."""
TARGETS: Final[Mapping[str, tuple[str, ...]]] = {
    "cloudtrail": ("CloudTrail_20131101", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101"),
    "dynamodb": ("DynamoDB_20120810",),
    "firehose": ("Firehose_20150804",),
    "kinesis": ("Kinesis_20131202",),
    "kms": ("TrentService",),
    "logs": ("Logs_20140328",),
    "monitoring": ("GraniteServiceVersion20100801",),
}
"""Services that are spoken to in JSON, and how X-Amz-Target begins: it may not name another service."""
CBOR_PATH: Final = re.compile(r"/service/GraniteServiceVersion20100801/operation/[A-Za-z]{1,60}")
JSON_TYPE: Final = re.compile(r"application/x-amz-json-1\.[01]")
QUERY_TYPE: Final = "application/x-www-form-urlencoded"
CBOR_TYPE: Final = "application/cbor"
ADDRESS: Final = re.compile(r"/[!-~]*")
UNREAD: Final = re.compile(
    r"user-agent|x-amz-user-agent|x-amz-meta-.*|x-amz-tagging|if-.*|x-amz-security-token"
)
"""Headers that name nothing."""
OF_OBJECTS: Final = frozenset(
    {"acl", "attributes", "bucket-region", "continuation-token", "delete", "delimiter", "encoding-type",
     "encryption", "fetch-owner", "key-marker", "list-type", "location", "marker", "max-buckets", "max-keys",
     "max-parts", "max-uploads", "part-number-marker", "partNumber", "prefix", "start-after", "tagging",
     "upload-id-marker", "uploadId", "uploads", "version-id-marker", "versionId", "versioning", "versions",
     "x-id"}
)  # fmt: skip
"""What S3 may be asked for in an address. The rest has it deliver to queues, functions and other buckets."""


@dataclass(frozen=True)
class Admission:
    """A request that may pass: its service ("" for the lab's own switches) and the headers to pass on."""

    service: str
    headers: tuple[tuple[str, str], ...]
    content_type: str


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
    places: Places = field(default_factory=Places)
    """To read on from, that the lab gave out to it."""
    requests: int = 0
    body_bytes: int = 0
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
        if signed["service"] == "s3":
            passed = _to_s3(self.account, target, first, passed)
        else:
            passed = _to_service(signed["service"], method, target, kind, passed)
        naming.refuse_texts([v for name, v in passed if not UNREAD.fullmatch(name)], self.account)
        signature = "AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={signed}, Signature={signature}"
        authorization = ("authorization", signature.format(**signed.groupdict()))
        return Admission(signed["service"], (*passed, authorization), kind)

    def admit_body(self, admission: Admission, body: bytes) -> None:
        """Judge the rest. Raises Refusal for one that names what belongs to another account."""
        with self.lock:
            self.body_bytes += len(body)
            if self.body_bytes > BYTES:
                raise Refusal(f"more than {BYTES >> 20} MiB in all requests together")
        if admission.service in QUERY:
            members = naming.in_query(body)
        elif admission.service in TARGETS:
            members = naming.in_cbor(body) if admission.content_type == CBOR_TYPE else naming.in_json(body)
        else:
            return
        naming.refuse_members(members, self.account, self.places)

    def learn(self, admission: Admission, answer: bytes) -> None:
        """From a piece of an answer: keys that the lab issued inside the account, places to read on from.

        Keys of another account are not among them.
        """
        if admission.service in TARGETS:
            self.places.learn(answer)
        if admission.service in ISSUERS:
            found = {key.decode() for key in ISSUED_KEY.findall(answer)}
            self.keys |= {key for key in found if account_in(key) == self.account}

    def _count(self) -> None:
        with self.lock:
            self.requests += 1
            if self.requests > REQUESTS:
                raise Refusal(f"more than {REQUESTS} requests")


def _to_s3(
    account: str, target: str, bucket: str, headers: Sequence[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    """The headers of a request to S3. Raises Refusal for one beyond the account's own buckets."""
    path, _, query = target.partition("?")
    if bucket:
        if path.split("/")[1] != bucket:
            raise Refusal("the name of a bucket is written plainly in an address")
        naming.refuse_bucket(bucket, account)
    for name, _ in parse_qsl(query, keep_blank_values=True):
        if name not in OF_OBJECTS and not name.startswith("response-"):
            raise Refusal(f"S3 is there for objects here, and `{name[:40]}` is closed")
    return tuple(
        (name, naming.copy_source(value, account) if name == "x-amz-copy-source" else value)
        for name, value in headers
        if name != "x-amz-target"
    )


def _to_service(
    service: str, method: str, target: str, kind: str, headers: Sequence[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    """The headers of a request to a service that has one address, and nothing that says another protocol.

    Raises Refusal.
    """
    if kind == CBOR_TYPE and service == "monitoring" and method == "POST" and CBOR_PATH.fullmatch(target):
        return tuple(pair for pair in headers if pair[0] != "x-amz-target")
    if (method, target) != ("POST", "/"):
        raise Refusal(f"{service} is asked by POST, at /")
    said = ("content-type", "smithy-protocol", "content-encoding")
    kept = tuple(pair for pair in headers if pair[0] not in said)
    if service in QUERY:
        if kind != QUERY_TYPE:
            raise Refusal("this service is spoken to in AWS's query protocol here")
        return (*(pair for pair in kept if pair[0] != "x-amz-target"), ("content-type", kind))
    if not JSON_TYPE.fullmatch(kind):
        raise Refusal("this service is spoken to in JSON here")
    begins = dict(kept).get("x-amz-target", "").rpartition(".")[0]
    if begins not in TARGETS.get(service, ()):
        raise Refusal(f"its X-Amz-Target is not one of {service}")
    return (*kept, ("content-type", kind))


def _once(headers: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The headers by name in small letters. Raises Refusal for one that stands twice or has a second line.

    A second line goes to the lab as it came, and might be read there as a header of its own.
    """
    once: dict[str, str] = {}
    for name, value in headers:
        if "\r" in value or "\n" in value:
            raise Refusal(f"the header {name[:40]} has more than one line")
        if name.lower() in once:
            raise Refusal(f"the header {name[:40]} stands twice")
        once[name.lower()] = value
    return once


def _first_segment(target: str) -> str:
    """The first part of an address: a bucket. Raises Refusal for the emulator's own, however written."""
    if not ADDRESS.fullmatch(target) or "#" in target:
        raise Refusal("an address is /bucket/key, percent-encoded")
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
