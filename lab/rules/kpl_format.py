"""The bytes of a Kinesis record that holds many events, told field by field: the KPL's aggregated format.

Source: aggregation-format.md of the amazon-kinesis-producer repository: magic number, a protobuf message
`AggregatedRecord` (partition_key_table = 1, explicit_hash_key_table = 2, records = 3), MD5 of that message.
To write and read such records, use the package `aws_kinesis_agg`.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MAGIC: Final = bytes.fromhex("f3899ac2")
DIGEST_BYTES: Final = 16

_KEYS, _HASH_KEYS, _RECORDS = 1, 2, 3
_KEY_INDEX, _HASH_KEY_INDEX, _DATA = 1, 2, 3
_VARINT, _LENGTH_DELIMITED = 0, 2


@dataclass(frozen=True)
class Field:
    """`raw`, found at the byte `start` of the record, and what it is."""

    start: int
    raw: bytes
    meaning: str


def is_aggregated(data: bytes) -> bool:
    """Whether DATA is an aggregated record: the magic number at the front, the right MD5 at the end."""
    body, digest = data[len(MAGIC) : -DIGEST_BYTES], data[-DIGEST_BYTES:]
    return data.startswith(MAGIC) and len(body) > 0 and hashlib.md5(body).digest() == digest


def fields(data: bytes) -> list[Field]:
    """All fields of an aggregated record, in the order of their bytes. Raises ValueError for other data."""
    if not is_aggregated(data):
        raise ValueError("not an aggregated record: it begins with another number, or its MD5 does not fit")
    end = len(data) - DIGEST_BYTES
    found = [Field(0, MAGIC, "magic number: an aggregated record")]
    keys = hash_keys = 0
    for number, start, after, value in _message(data, len(MAGIC), end):
        if number == _KEYS:
            meaning, keys = f"partition key {keys}: {_text(value)}", keys + 1
        elif number == _HASH_KEYS:
            meaning, hash_keys = f"explicit hash key {hash_keys}: {_text(value)}", hash_keys + 1
        elif number == _RECORDS:
            meaning = _record(value)
        else:
            meaning = f"field {number}, which the format does not name"
        found.append(Field(start, data[start:after], meaning))
    return [*found, Field(end, data[end:], "MD5 of everything between")]


def events(data: bytes) -> list[bytes]:
    """The data of the events in an aggregated record, in order. Raises ValueError for other data."""
    if not is_aggregated(data):
        raise ValueError("not an aggregated record: it begins with another number, or its MD5 does not fit")
    found = []
    for number, _, _, value in _message(data, len(MAGIC), len(data) - DIGEST_BYTES):
        if number == _RECORDS:
            told = {number: inner for number, _, _, inner in _message(value, 0, len(value))}
            found.append(told.get(_DATA, b""))
    return found


def _record(value: bytes) -> str:
    told = {number: inner for number, _, _, inner in _message(value, 0, len(value))}
    words = f"event of partition key {int.from_bytes(told.get(_KEY_INDEX, b''), 'big')}"
    if _HASH_KEY_INDEX in told:
        words += f" and explicit hash key {int.from_bytes(told[_HASH_KEY_INDEX], 'big')}"
    return f"{words}: {_text(told.get(_DATA, b''))}"


def _message(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, bytes]]:
    """Number, first byte, byte after the last, and content of each field of a protobuf message."""
    while at < end:
        start = at
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == _LENGTH_DELIMITED:
            length, at = _varint(data, at)
            value, at = data[at : at + length], at + length
        elif kind == _VARINT:
            whole, at = _varint(data, at)
            value = whole.to_bytes(8, "big")
        else:
            raise ValueError(f"a protobuf field of wire type {kind} at byte {start}: the format has none")
        yield number, start, at, value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A whole number in protobuf's form, seven bits a byte, lowest first; and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _text(raw: bytes) -> str:
    shown = raw.decode(errors="replace")
    return shown if len(shown) <= 40 else shown[:39] + "…"
