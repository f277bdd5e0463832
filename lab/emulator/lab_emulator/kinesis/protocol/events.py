"""Events of SubscribeToShard as they go over the wire (application/vnd.amazon.eventstream).

A message is: length of all, length of headers, their checksum, headers, payload, checksum of everything.
Source: Amazon Transcribe developer guide, "Event stream encoding", the one public description.
"""

import struct
from collections.abc import Mapping
from zlib import crc32

EVENT_STREAM_TYPE = "application/vnd.amazon.eventstream"
_PRELUDE = struct.Struct(">II")
_CRC = struct.Struct(">I")
_TEXT = 7


def event(name: str, payload: bytes, content_type: str) -> bytes:
    """One event NAME, such as SubscribeToShardEvent."""
    headers = {":message-type": "event", ":event-type": name, ":content-type": content_type}
    return message(headers, payload)


def exception(code: str, payload: bytes, content_type: str) -> bytes:
    """The end of a stream that failed with the error CODE."""
    headers = {":message-type": "exception", ":exception-type": code, ":content-type": content_type}
    return message(headers, payload)


def message(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One message with text headers."""
    packed = b"".join(_header(name, value) for name, value in headers.items())
    prelude = _PRELUDE.pack(_PRELUDE.size + 2 * _CRC.size + len(packed) + len(payload), len(packed))
    start = prelude + _CRC.pack(crc32(prelude)) + packed + payload
    return start + _CRC.pack(crc32(start))


def _header(name: str, value: str) -> bytes:
    key, text = name.encode(), value.encode()
    return struct.pack(f">B{len(key)}sBH", len(key), key, _TEXT, len(text)) + text
