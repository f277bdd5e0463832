"""What a function is given: records of a stream as an event of Lambda. Pure.

Source: Lambda guide, "Using Lambda to process records from Amazon Kinesis Data Streams", example event.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab_emulator.functions.mappings.batches import Record


@dataclass(frozen=True)
class Origin:
    """Where records come from. `role`: the function's, an ARN."""

    stream_arn: str
    shard: str
    role: str

    def record(self, number: str, arrived: int, key: str, data: bytes) -> Record:
        """One record, as events tell it. ARRIVED: ms since 1970."""
        told = {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": key,
                "sequenceNumber": number,
                "data": base64.b64encode(data).decode(),
                "approximateArrivalTimestamp": arrived / 1000,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{self.shard}:{number}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": self.role,
            "awsRegion": self.stream_arn.split(":")[3],
            "eventSourceARN": self.stream_arn,
        }
        return Record(number, arrived, key, json.dumps(told, ensure_ascii=False).encode())


def event(records: Sequence[Record], more: Mapping[str, Any] | None = None) -> bytes:
    """The event with RECORDS, and for a tumbling window MORE fields."""
    body = b'{"Records":[' + b",".join(one.told for one in records) + b"]"
    rest = json.dumps(more).encode() if more else b""
    return body + (b"," + rest[1:] if rest else b"}")
