"""What a request to the lab names: resources, buckets, places to read on from. They are the account's own.

The emulator's parts read names each in their own way, some of them very freely. So a text that any of them
could take for an ARN is either one by the strict rule (`lab.rules.arn` for streams), and of the own account,
or refused.
"""

import hashlib
import io
import json
import re
import struct
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from lab.rules.arn import PARTITIONS, NoArnError, owner_of


class Refusal(Exception):  # noqa: N818 - an answer to a request, not a fault
    """What is wrong with a request, as the end of "The grader refuses this: ..."."""


FOREIGN: Final = "it names something of another account, or in a way that can be read as such"
COLONS: Final = 4
"""A text with so many is split into an ARN's parts by one part of the emulator or another."""
FREE: Final = frozenset(
    {"AssumeRolePolicyDocument", "Data", "PartitionKey", "Policy", "PolicyDocument", "RoleArn"}
)
"""Members that hold what the learner likes, and name nothing that the call works on. (Of a role of another
account the lab gives out keys, and the gate does not take them.)"""
FREE_BELOW: Final = frozenset({"Tags", "TagKeys"})
BUCKETS: Final = frozenset({"S3BucketName", "BucketName", "Bucket"})
PLACES: Final = frozenset({"ShardIterator", "NextToken", "nextToken", "ReceiptHandle"})
"""Members that carry what the lab gave out in an answer before; it may hold the name of a stream."""
GIVEN_OUT: Final = re.compile(
    rb'"(?:ShardIterator|NextShardIterator|NextToken|nextToken|ReceiptHandle)"\s*:\s*"([^"\\]{1,4000})"'
)
OVERLAP: Final = 8192
"""Bytes of an answer that are looked at again with what follows them: a place may lie across a border."""
OTHER_ARN: Final = re.compile(
    rf"arn:(?:{'|'.join(PARTITIONS)}):(?!kinesis:)[a-z][a-z0-9-]*:(?:[a-z]{{2,4}}(?:-[a-z]+)+-[0-9]{{1,2}})?:"
    r"(?P<account>[0-9]{12}):[!-$&-~]+"
)
"""Of other services than Kinesis: ASCII alone, nothing percent-encoded, no space."""
BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
BUCKET_ARN: Final = re.compile(rf"arn:(?:{'|'.join(PARTITIONS)}):s3:::({BUCKET.pattern})(/[!-$&-~]*)?")
AWS_S_OWN: Final = re.compile(rf"arn:(?:{'|'.join(PARTITIONS)}):iam::aws:policy/[A-Za-z0-9_/+=,.@-]+")
"""Managed policies that AWS has made for all."""
COPY_SOURCE: Final = re.compile(rf"/?(?P<bucket>{BUCKET.pattern})/(?P<key>[!-~]+)")
STRONGEST_FOLD: Final = 8
"""How often a text may be percent-encoded upon itself."""


def is_own_bucket(name: str, account: str) -> bool:
    """Bucket names are the same for all accounts, so an account's own are told by its number in them."""
    return BUCKET.fullmatch(name) is not None and account in name


def refuse_bucket(name: str, account: str) -> None:
    """Raises Refusal for a bucket that is not the account's."""
    if not is_own_bucket(name, account):
        raise Refusal(
            f"the bucket {name[:63]} is not of this submission's account; the name of a bucket holds the "
            f"account's number here, like logs-{account}"
        )


def copy_source(source: str, account: str) -> str:
    """The x-amz-copy-source in its one form, bucket/key. Raises Refusal for another form or account."""
    found = COPY_SOURCE.fullmatch(source)
    if found is None:
        raise Refusal("a copy's source is bucket/key, percent-encoded behind the bucket's name")
    refuse_bucket(found["bucket"], account)
    return f"{found['bucket']}/{found['key']}"


def refuse_foreign(text: str, account: str) -> None:
    """Raises Refusal for a text that could be taken for the ARN of anything but the account's own."""
    if not could_be_arn(text):
        return
    if _owner(text) == account or AWS_S_OWN.fullmatch(text):
        return
    bucket = BUCKET_ARN.fullmatch(text)
    if bucket is None or not is_own_bucket(bucket[1], account):
        raise Refusal(FOREIGN)


def _owner(text: str) -> str | None:
    """The account in an ARN; None for what is none by the strict rule, or has none."""
    if (other := OTHER_ARN.fullmatch(text)) is not None:
        return other["account"]
    try:
        return owner_of(text)
    except NoArnError:
        return None


def could_be_arn(text: str) -> bool:
    """Whether somebody who is careless about encodings, case or spaces might read an ARN in it."""
    plain = text if text.isascii() and "%" not in text else _folded(text)
    return plain.count(":") >= COLONS or plain.lstrip()[:4].lower() == "arn:"


def _folded(text: str) -> str:
    """Without what hides a colon: percent-encoding, wide forms, characters that take no room."""
    for _ in range(STRONGEST_FOLD):
        if (plain := unquote(text)) == text:
            break
        text = plain
    else:
        raise Refusal("a text is percent-encoded many times over")
    wide = unicodedata.normalize("NFKC", text)
    return "".join(one for one in wide if unicodedata.category(one) not in ("Cf", "Cc", "Mn"))


Members = Iterator[tuple[str, str]]


def in_json(body: bytes) -> Members:
    """Every text in a body of JSON, with the member that it is in. Raises Refusal."""
    try:
        whole = json.loads(body.decode(), object_pairs_hook=_pairs) if body else _Pairs()
    except (ValueError, RecursionError):
        raise Refusal("the body is not JSON in UTF-8") from None
    if not isinstance(whole, _Pairs):
        raise Refusal("the body is not an object of JSON")
    return _members(whole)


class _Pairs(list[tuple[str, Any]]):
    """An object of JSON."""


def _pairs(pairs: list[tuple[str, Any]]) -> _Pairs:
    if len({name for name, _ in pairs}) < len(pairs):
        raise Refusal("a member stands twice in the body")
    return _Pairs(pairs)


def _members(whole: Any) -> Members:
    """Free ones are left out."""
    waiting: list[tuple[str, Any]] = [("", whole)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, _Pairs):
            for inner, held in value:
                yield "", inner
                if inner not in FREE_BELOW:
                    waiting.append((inner, held))
        elif isinstance(value, list):
            waiting.extend((name, one) for one in value)
        elif isinstance(value, str) and name not in FREE:
            yield name, value


def in_query(body: bytes) -> Members:
    """Every text in a body of AWS's query protocol. Raises Refusal."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=10_000
        )
    except ValueError:
        raise Refusal("the body is not a query") from None
    for name, value in pairs:
        yield "", name
        if name.rpartition(".")[2] not in FREE:
            yield name.rpartition(".")[2], value


def in_cbor(body: bytes) -> Members:
    """Every text in a body of CBOR. Raises Refusal."""
    from botocore.parsers import BaseCBORParser, ResponseParserError

    class Reading(BaseCBORParser):  # type: ignore[misc,unused-ignore]
        def _parse_key_value_pair(self, stream: Any, items: dict[Any, Any]) -> None:
            name, value = self.parse_data_item(stream), self.parse_data_item(stream)
            if name in items:
                raise Refusal("a member stands twice in the body")
            items[name] = value

    reading: Any = Reading()
    stream = io.BufferedReader(io.BytesIO(body))  # type: ignore[type-var,unused-ignore]
    try:
        whole = reading.parse_data_item(stream) if body else {}
        if stream.read(1):
            raise Refusal("the body goes on behind its end")
    except (ResponseParserError, ValueError, RecursionError, TypeError, OverflowError, struct.error):
        raise Refusal("the body is not CBOR") from None
    return _members(_as_pairs(whole))


def _as_pairs(value: Any) -> Any:
    if isinstance(value, dict):
        return _Pairs([(_as_text(name), _as_pairs(held)) for name, held in value.items()])
    if isinstance(value, list):
        return [_as_pairs(one) for one in value]
    return _as_text(value) if isinstance(value, bytes) else value


def _as_text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


class Places:
    """Shard iterators and tokens of pages that the lab gave out to one submission.

    They hold the name of a stream, so one that was made up, or is another account's, is not let through.
    """

    def __init__(self) -> None:
        self._known: set[bytes] = set()

    def learn(self, answer: bytes) -> None:
        """Those in a piece of an answer in JSON."""
        self._known.update(map(_digest, GIVEN_OUT.findall(answer)))

    def has(self, place: str) -> bool:
        return _digest(place.encode(errors="replace")) in self._known


def _digest(place: bytes) -> bytes:
    return hashlib.blake2b(place, digest_size=16).digest()


def refuse_members(members: Iterable[tuple[str, str]], account: str, places: Places) -> None:
    """Raises Refusal for the first that names what is not the account's own."""
    for name, text in members:
        if name in PLACES:
            if not places.has(text):
                raise Refusal(f"that {name} was not given out to this submission")
        elif name in BUCKETS:
            refuse_bucket(text, account)
        else:
            refuse_foreign(text, account)


def refuse_texts(texts: Sequence[str], account: str) -> None:
    """The same for texts of a request's head."""
    for text in texts:
        refuse_foreign(text, account)
