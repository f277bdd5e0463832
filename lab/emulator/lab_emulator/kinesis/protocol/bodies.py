"""Bodies of requests and answers: JSON 1.1, and CBOR as the Java SDK speaks it."""

import json
from collections.abc import Mapping
from typing import Any

import cbor2
from botocore.model import Shape

from lab_emulator.kinesis.protocol.json_answers import as_json
from lab_emulator.kinesis.protocol.moments import Moment
from lab_emulator.kinesis.store.errors import SerializationException

JSON_TYPE = "application/x-amz-json-1.1"
CBOR_TYPE = "application/x-amz-cbor-1.1"

_TIME_TAG, _FREE_TAG = b"\xc1", b"\xc6"
_KEY_OF_TIMES = b"Timestamp"


def decoded(body: bytes, *, cbor: bool, times: bool = False) -> Any:
    """What a body holds. Raises SerializationException for one that can't be read.

    `times`: whether the operation takes times, see `takes_times`.
    """
    try:
        if cbor:
            return _untagged(cbor2.loads(_with_free_tags(body) if times else body))
        return json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError, EOFError, cbor2.CBORDecodeError):
        raise SerializationException("") from None


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


def _with_free_tags(body: bytes) -> bytes:
    """Times are tagged numbers of milliseconds; cbor2 would read seconds and find no such year.

    The tag always follows a key, and no text can hold its byte, since UTF-8 has none such. A blob can.
    """
    return body.replace(_KEY_OF_TIMES + _TIME_TAG, _KEY_OF_TIMES + _FREE_TAG)


def takes_times(shape: Shape | None) -> bool:
    """Whether there are times in a SHAPE. No operation takes both times and blobs."""
    if shape is None:
        return False
    if shape.type_name == "structure":
        return any(map(takes_times, shape.members.values()))
    if shape.type_name == "list":
        return takes_times(shape.member)
    return bool(shape.type_name == "timestamp")


def _untagged(value: Any) -> Any:
    if isinstance(value, cbor2.CBORTag):
        return value.value
    if type(value) is dict:
        for name, inner in value.items():
            if type(inner) in (dict, cbor2.CBORTag):
                value[name] = _untagged(inner)
    return value


def encoded(answer: Mapping[str, Any], *, cbor: bool) -> bytes:
    """An answer's body. Blobs are bytes, times are Moments."""
    if cbor:
        return cbor2.dumps(answer, default=_to_cbor)
    return as_json(answer)


def _to_cbor(encoder: Any, value: Any) -> None:
    """AWS's CBOR tells times in whole milliseconds, tagged as times."""
    if not isinstance(value, Moment):
        raise TypeError(f"no CBOR for {type(value).__name__}")
    encoder.encode(cbor2.CBORTag(1, value.ms))
