"""A record processor in a learner's own process: what it asks, and what it is told, crosses the channel."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from grader.engine.process import LearnerProcess, Place, Preloaded
from grader.tasks.answers import Raised, Returned, Stopped
from grader.walls import sandbox, tree

CLASS = """
from lab.kcl.python_side import CheckpointError

class RecordProcessor:
    def __init__(self, store, set_aside):
        self.store = store

    def initialize(self, initialize_input):
        self.store("0", initialize_input.shard_id)

    def process_records(self, process_records_input):
        for record in process_records_input.records:
            self.store(record.sequence_number, record.binary_data.decode())
        try:
            process_records_input.checkpointer.checkpoint()
        except CheckpointError as error:
            raise LookupError(error.value)
"""
RECORD = {
    "data": "aGVsbG8=",
    "partitionKey": "k",
    "sequenceNumber": "7",
    "subSequenceNumber": 0,
    "approximateArrivalTimestamp": 0,
}
WON = {"action": "initialize", "shardId": "shardId-1", "sequenceNumber": "LATEST", "subSequenceNumber": 0}
BATCH = {"action": "processRecords", "records": [RECORD, RECORD], "millisBehindLatest": 0}


@pytest.mark.parametrize("error", [None, "ThrottlingException"])
def test_a_processor_is_told_and_asks(error: str | None, tmp_path: Path) -> None:
    inside = sandbox.tier() == "full"
    home = tree.WORK if inside else str(tmp_path)
    place = Place(inside, None, home, {}, {"HOME": home, "TMPDIR": home, "PATH": os.defpath})
    heard: list[Any] = []

    def asked(message: Mapping[str, Any]) -> dict[str, Any]:
        heard.append((message["action"], message["sequenceNumber"], message.get("value")))
        return {"error": error} if message["action"] == "checkpoint" else {}

    with Preloaded() as server, LearnerProcess(server, place) as process:
        said = process.run(CLASS, 60)
        assert not isinstance(said, Stopped)
        assert said["error"] is None
        begun = process.tell({"action": "begin", "name": "RecordProcessor"}, asked, 20)
        won = process.tell(WON, asked, 20)
        came = process.tell(BATCH, asked, 20)
        assert process.calls("len", ['{"obj": []}'], 20)  # the talk goes on as before
    assert (begun, won) == (Returned(None), Returned(None))
    assert came == (Raised("LookupError", error) if error else Returned(None))
    assert heard == [
        ("store", "0", "shardId-1"),
        ("store", "7", "hello"),
        ("store", "7", "hello"),
        ("checkpoint", None, None),
    ]
