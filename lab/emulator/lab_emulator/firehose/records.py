"""A record on its way through Firehose, and what becomes of one that fails."""

import base64
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Keys = tuple[tuple[str, str], ...]
"""Partition keys: ("partitionKeyFromQuery:customer", "7") for each; none without dynamic partitioning."""


@dataclass(frozen=True)
class Record:
    """`arrived_ms`: by the account's clock, since 1970. `raw`: as it came in, whatever became of it.

    `origin`: of one from a Kinesis stream, what a function is told of it there.
    """

    data: bytes
    arrived_ms: int
    raw: bytes
    keys: Keys = ()
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    origin: Mapping[str, Any] | None = None

    def now(self, data: bytes, keys: Keys = ()) -> "Record":
        return replace(self, data=data, keys=self.keys + keys)


@dataclass(frozen=True)
class Failure:
    """Why records go to the error prefix. `kind` is what !{firehose:error-output-type} stands for."""

    kind: str
    code: str
    message: str
    attempts: int = 1
    function: str = ""


def told(record: Record, failure: Failure, ended_ms: int) -> bytes:
    """One line of an object of failed records.

    Source: Firehose guide, "Handle failure in data transformation", which names the fields; that they are one
    line for each record is seen on AWS, reported publicly.
    """
    words = {
        "attemptsMade": failure.attempts,
        "arrivalTimestamp": record.arrived_ms,
        "errorCode": failure.code,
        "errorMessage": failure.message,
        "attemptEndingTimestamp": ended_ms,
        "rawData": base64.b64encode(record.raw).decode(),
    }
    if failure.function:
        words["lambdaArn"] = failure.function
    return json.dumps(words, separators=(",", ":")).encode() + b"\n"
