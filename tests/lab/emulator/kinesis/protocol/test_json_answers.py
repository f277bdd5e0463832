"""Answers with records are written by hand, in the bytes that json would write."""

import base64
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from lab_emulator.kinesis.protocol.json_answers import as_json
from lab_emulator.kinesis.protocol.moments import Moment

ORDER = ("Records", "SequenceNumber", "ApproximateArrivalTimestamp", "Data", "PartitionKey", "EncryptionType")


def in_order(members: dict[str, Any]) -> dict[str, Any]:
    """As the lab makes answers: those of ORDER first, in that order."""
    return {name: members[name] for name in ORDER if name in members} | members


RECORD = st.fixed_dictionaries(
    {
        "SequenceNumber": st.integers(2**184, 2**186).map(str),
        "ApproximateArrivalTimestamp": st.integers(0, 2**42).map(Moment),
        "Data": st.binary(max_size=40),
        "PartitionKey": st.text(min_size=1, max_size=20),
    },
    optional={"EncryptionType": st.sampled_from(["KMS", "NONE"])},
).map(in_order)
ANSWER = st.fixed_dictionaries(
    {"Records": st.lists(RECORD, max_size=4)},
    optional={
        "MillisBehindLatest": st.integers(0, 10**9),
        "NextShardIterator": st.text(max_size=9),
        "ChildShards": st.just([{"ShardId": "shardId-000000000001", "ParentShards": []}]),
    },
).map(in_order)


def plain(value: Any) -> Any:
    if isinstance(value, Moment):
        return value.ms / 1000
    return base64.b64encode(value).decode()


@given(ANSWER)
def test_they_are_the_same_bytes(answer: dict[str, Any]) -> None:
    expected = json.dumps(answer, default=plain, separators=(",", ":")).encode()
    assert as_json(answer) == expected


def test_other_answers_that_have_records() -> None:
    written = {"FailedRecordCount": 0, "Records": [{"SequenceNumber": "1", "ShardId": "2"}]}
    assert json.loads(as_json(written)) == written
