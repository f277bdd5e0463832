"""The Python side of KCL's protocol within one process: what `amazon_kclpy` 3 hands to a record processor.

For where that package is not: a notebook, the grader's sandbox. Names and values are those of amazon_kclpy
3.1.3 (modules messages, kcl, checkpoint_error), against which the tests hold them.
"""

import base64
import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Message = Mapping[str, Any]
Exchange = Callable[[dict[str, Any]], Message]
"""Sends a checkpoint's message to KCL and gives KCL's reply."""


class CheckpointError(Exception):
    """KCL refused a checkpoint; `value` is the name of its exception, such as "ThrottlingException"."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value

    def __str__(self) -> str:
        return repr(self.value)


@dataclass(frozen=True)
class Checkpointer:
    """Asks KCL to keep how far the shard is done."""

    exchange: Exchange

    def checkpoint(self, sequence_number: str | None = None, sub_sequence_number: int | None = None) -> None:
        """Up to SEQUENCE_NUMBER, or all that was delivered. Raises CheckpointError when KCL refuses."""
        asked = {
            "action": "checkpoint",
            "sequenceNumber": sequence_number,
            "subSequenceNumber": sub_sequence_number,
        }
        error = self.exchange(asked).get("error")
        if error is not None:
            raise CheckpointError(str(error))


@dataclass(frozen=True)
class Record:
    """A record as a processor gets it."""

    binary_data: bytes
    partition_key: str
    sequence_number: str
    sub_sequence_number: int
    approximate_arrival_timestamp: datetime.datetime


@dataclass(frozen=True)
class InitializeInput:
    """The lease is won; `sequence_number` is its checkpoint."""

    shard_id: str
    sequence_number: str | None
    sub_sequence_number: int


@dataclass(frozen=True)
class ProcessRecordsInput:
    """A batch; `millis_behind_latest` in milliseconds."""

    records: list[Record]
    millis_behind_latest: int
    checkpointer: Checkpointer


@dataclass(frozen=True)
class LeaseLostInput:
    """Nothing: there is nothing to be done any more."""


@dataclass(frozen=True)
class ShardEndedInput:
    checkpointer: Checkpointer


@dataclass(frozen=True)
class ShutdownRequestedInput:
    checkpointer: Checkpointer


def dispatch(processor: Any, message: Message, exchange: Exchange) -> None:
    """Call the method of PROCESSOR that MESSAGE is for. Raises KeyError for an action that KCL lacks."""
    checkpointer = Checkpointer(exchange)
    match message["action"]:
        case "initialize":
            number, sub = message["sequenceNumber"], message["subSequenceNumber"]
            processor.initialize(InitializeInput(message["shardId"], number, sub))
        case "processRecords":
            records = [_record(told) for told in message["records"]]
            behind = message["millisBehindLatest"]
            processor.process_records(ProcessRecordsInput(records, behind, checkpointer))
        case "leaseLost":
            processor.lease_lost(LeaseLostInput())
        case "shardEnded":
            processor.shard_ended(ShardEndedInput(checkpointer))
        case "shutdownRequested":
            processor.shutdown_requested(ShutdownRequestedInput(checkpointer))
        case unknown:
            raise KeyError(unknown)


def _record(told: Message) -> Record:
    arrival = datetime.datetime.fromtimestamp(told["approximateArrivalTimestamp"] / 1000)
    return Record(
        base64.b64decode(told["data"]),
        told["partitionKey"],
        told["sequenceNumber"],
        told["subSequenceNumber"],
        arrival,
    )
