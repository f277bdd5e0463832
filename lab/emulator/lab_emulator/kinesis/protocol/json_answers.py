"""Answers in JSON. Those with records that are read can have thousands, which are written by hand.

The standard library would ask for two members of each record what they are, which takes three times as long.
"""

import binascii
import json
from collections.abc import Mapping
from json.encoder import encode_basestring_ascii
from typing import Any

from lab_emulator.kinesis.protocol.moments import Moment

_TIME, _HOW = "ApproximateArrivalTimestamp", "EncryptionType"
"""Members of a record that is read."""


def as_json(answer: Mapping[str, Any]) -> bytes:
    """Blobs are bytes, times are Moments. `Records` is the first member where records are read."""
    records = answer.get("Records")
    if not (records and _TIME in records[0]):
        return _plain(answer)
    rest = _plain({name: value for name, value in answer.items() if name != "Records"})
    told = ",".join(map(_record, records)).encode()
    return b'{"Records":[%b]%b%b' % (told, b"," if len(answer) > 1 else b"", rest[1:])


def _plain(value: Any) -> bytes:
    return json.dumps(value, default=_told, separators=(",", ":")).encode()


def _record(record: Mapping[str, Any]) -> str:
    sealed = f',"{_HOW}":"{record[_HOW]}"' if _HOW in record else ""
    return (
        f'{{"SequenceNumber":"{record["SequenceNumber"]}","{_TIME}":{_told(record[_TIME])!r},'
        f'"Data":"{_told(record["Data"])}","PartitionKey":{encode_basestring_ascii(record["PartitionKey"])}'
        f"{sealed}}}"
    )


def _told(value: Any) -> Any:
    if isinstance(value, bytes):
        return binascii.b2a_base64(value, newline=False).decode("ascii")
    if isinstance(value, Moment):
        return value.ms / 1000
    raise TypeError(f"no JSON for {type(value).__name__}")
