"""Records that hold several: the KPL's, and JSON objects or lines one behind another. Pure.

Sources: Firehose guide, "Understand data delivery" (a Kinesis stream's aggregated records are taken apart
before anything else) and "Apply dynamic partitioning to aggregated data" (RecordDeAggregation: 500 at
most).
"""

import json
from typing import Final

from lab.rules.kpl_format import events, is_aggregated

MOST: Final = 500
"""Records in one; one with more is left whole."""
_DECODER: Final = json.JSONDecoder()


def aggregated(data: bytes) -> list[bytes]:
    """The events of a record that the KPL aggregated; the record itself when it did not."""
    return events(data) if is_aggregated(data) else [data]


def split(data: bytes, delimiter: bytes | None) -> list[bytes]:
    """The parts of a record: JSON objects without a DELIMITER, else what stands between delimiters.

    A record that is neither, or has more parts than are allowed, is left whole.
    """
    parts = _objects(data) if delimiter is None else [part for part in data.split(delimiter) if part]
    return parts if 0 < len(parts) <= MOST else [data]


def _objects(data: bytes) -> list[bytes]:
    try:
        text = data.decode()
        found, at = [], 0
        while at < len(text) and len(found) <= MOST:
            if text[at].isspace():
                at += 1
                continue
            value, end = _DECODER.raw_decode(text, at)
            if not isinstance(value, dict):
                return []
            found.append(text[at:end].encode())
            at = end
    except (ValueError, RecursionError):
        return []
    return found
