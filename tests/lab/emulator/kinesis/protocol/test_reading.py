"""Requests as the model says: types first, then every violation in one message."""

from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest
from lab_emulator.kinesis.protocol.reading import reader_of
from lab_emulator.kinesis.store.errors import SerializationException, ValidationException

MODEL = botocore.session.get_session().get_service_model("kinesis")
NAME = "a" * 129


def read(operation: str, **raw: Any) -> dict[str, Any]:
    return reader_of(MODEL.operation_model(operation))(raw)


def violations(operation: str, **raw: Any) -> str:
    with pytest.raises(ValidationException) as caught:
        read(operation, **raw)
    return caught.value.message


def test_every_operation_has_a_reader() -> None:
    for name in MODEL.operation_names:
        reader_of(MODEL.operation_model(name))


def test_values_are_converted_and_unknown_members_and_nulls_dropped() -> None:
    told = read("PutRecord", StreamName="s", Data="eHk=", PartitionKey="k", ExplicitHashKey=None, Other=1)
    assert told == {"StreamName": "s", "Data": b"xy", "PartitionKey": "k"}
    told = read("PutRecord", StreamName="s", Data=b"xy", PartitionKey="k")
    assert told["Data"] == b"xy", "as CBOR brings it"
    assert read("DescribeStream", StreamName="s", Limit=5.9)["Limit"] == 5


@pytest.mark.parametrize("moment", [1795953600.123, 1795953600123, "2026-11-29T12:00:00.123Z"])
def test_timestamps_keep_their_milliseconds(moment: Any) -> None:
    told = read("GetShardIterator", ShardId="s", ShardIteratorType="AT_TIMESTAMP", Timestamp=moment)
    assert told["Timestamp"] == datetime(2026, 11, 29, 12, 0, 0, 123_000, UTC)


# As AWS answered them, seen in public.
@pytest.mark.parametrize(
    ("operation", "raw", "message"),
    [
        (
            "CreateStream",
            {"StreamName": "bad name!"},
            "1 validation error detected: Value 'bad name!' at 'streamName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
        ),
        (
            "CreateStream",
            {"StreamName": "", "ShardCount": 0},
            "3 validation errors detected: Value '0' at 'shardCount' failed to satisfy constraint: Member "
            "must have value greater than or equal to 1; Value '' at 'streamName' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value '' at "
            "'streamName' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ),
        (
            "GetShardIterator",
            {"StreamName": "s", "ShardId": "shardId-0", "ShardIteratorType": "TRIM-HORIZON"},
            "1 validation error detected: Value 'TRIM-HORIZON' at 'shardIteratorType' failed to satisfy "
            "constraint: Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, "
            "AT_SEQUENCE_NUMBER, TRIM_HORIZON]",
        ),
        (
            "GetShardIterator",
            {},
            "2 validation errors detected: Value null at 'shardId' failed to satisfy constraint: Member must "
            "not be null; Value null at 'shardIteratorType' failed to satisfy constraint: Member must not be "
            "null",
        ),
        (
            "GetRecords",
            {"ShardIterator": "", "Limit": 0},
            "2 validation errors detected: Value '0' at 'limit' failed to satisfy constraint: Member must "
            "have value greater than or equal to 1; Value '' at 'shardIterator' failed to satisfy "
            "constraint: Member must have length greater than or equal to 1",
        ),
        (
            "ListTagsForStream",
            {"StreamName": "s", "ExclusiveStartTagKey": NAME, "Limit": 100},
            "2 validation errors detected: Value '100' at 'limit' failed to satisfy constraint: Member must "
            f"have value less than or equal to 50; Value '{NAME}' at 'exclusiveStartTagKey' failed to "
            "satisfy constraint: Member must have length less than or equal to 128",
        ),
        (
            "AddTagsToStream",
            {"StreamName": "s", "Tags": {}},
            "1 validation error detected: Value '{}' at 'tags' failed to satisfy constraint: Member must "
            "have length greater than or equal to 1",
        ),
        (
            "AddTagsToStream",
            {"StreamName": "s", "Tags": {NAME: "v"}},
            f"1 validation error detected: Value '{{{NAME}=v}}' at 'tags' failed to satisfy constraint: Map "
            "keys must satisfy constraint: [Member must have length less than or equal to 128, Member must "
            "have length greater than or equal to 1]",
        ),
        (
            "AddTagsToStream",
            {"StreamName": "s", "Tags": {"k": NAME * 2}},
            f"1 validation error detected: Value '{{k={NAME * 2}}}' at 'tags' failed to satisfy constraint: "
            "Map value must satisfy constraint: [Member must have length less than or equal to 256, Member "
            "must have length greater than or equal to 0]",
        ),
        (
            "RemoveTagsFromStream",
            {"StreamName": "s", "TagKeys": ["a", NAME, "b"]},
            f"1 validation error detected: Value '[a, {NAME}, b]' at 'tagKeys' failed to satisfy constraint: "
            "Member must satisfy constraint: [Member must have length less than or equal to 128, Member must "
            "have length greater than or equal to 1]",
        ),
        (
            "IncreaseStreamRetentionPeriod",
            {"StreamName": "s", "RetentionPeriodHours": -1},
            "1 validation error detected: Value '-1' at 'retentionPeriodHours' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1",
        ),
        (
            "PutRecords",
            {"StreamName": "s", "Records": []},
            "1 validation error detected: Value '[]' at 'records' failed to satisfy constraint: Member must "
            "have length greater than or equal to 1",
        ),
        (
            "PutRecords",
            {"StreamName": "s", "Records": [{"Data": "", "PartitionKey": "k"}] * 501},
            "1 validation error detected: Value at 'records' failed to satisfy constraint: Member must have "
            "length less than or equal to 500",
        ),
        (
            "PutRecords",
            {"StreamName": "s", "Records": [{"PartitionKey": "k"}, None]},
            "2 validation errors detected: Value null at 'records.1.member.data' failed to satisfy "
            "constraint: Member must not be null; Value null at 'records.2.member' failed to satisfy "
            "constraint: Member must not be null",
        ),
        (
            "SplitShard",
            {"StreamName": "s", "ShardToSplit": "shardId-0", "NewStartingHashKey": "007"},
            "1 validation error detected: Value '007' at 'newStartingHashKey' failed to satisfy constraint: "
            r"Member must satisfy regular expression pattern: 0|([1-9]\d{0,38})",
        ),
        (
            "EnableEnhancedMonitoring",
            {"StreamName": "s", "ShardLevelMetrics": ["Nothing"]},
            "1 validation error detected: Value '[Nothing]' at 'shardLevelMetrics' failed to satisfy "
            "constraint: Member must satisfy constraint: [Member must satisfy enum value set: "
            "[IncomingBytes, IncomingRecords, OutgoingBytes, OutgoingRecords, "
            "WriteProvisionedThroughputExceeded, ReadProvisionedThroughputExceeded, IteratorAgeMilliseconds, "
            "ALL]]",
        ),
    ],
)
def test_violations_in_awss_words(operation: str, raw: dict[str, Any], message: str) -> None:
    assert violations(operation, **raw) == message


@pytest.mark.parametrize("key", ["abc", "-1", "007", "+1", "1e38", "0x7f", "", "1" * 40, "١"])
def test_hash_keys_by_their_form(key: str) -> None:
    with pytest.raises(ValidationException):
        read("PutRecord", StreamName="s", Data="", PartitionKey="k", ExplicitHashKey=key)


@pytest.mark.parametrize(("length", "is_taken"), [(1, True), (129, True), (256, True), (257, False)])
def test_a_partition_key_has_256_characters_of_any_kind(length: int, is_taken: bool) -> None:
    for character in "k\N{GRINNING FACE}":
        record = {"Data": "", "PartitionKey": character * length}
        if is_taken:
            read("PutRecord", StreamName="s", **record)
            read("PutRecords", StreamName="s", Records=[record])
        else:
            assert "less than or equal to 256" in violations("PutRecord", StreamName="s", **record)
            assert "less than or equal to 256" in violations("PutRecords", StreamName="s", Records=[record])


def test_at_most_ten_violations_are_told() -> None:
    message = violations("PutRecords", StreamName="s", Records=[{}] * 20)
    assert message.startswith("10 validation errors detected: ")
    assert message.count("Member must not be null") == 10


@pytest.mark.parametrize("limit", [0, 10_001, -1, 2**40])
def test_limits_beyond_the_models(limit: int) -> None:
    for operation in ("DescribeStream", "ListStreams"):
        assert "'limit'" in violations(operation, StreamName="s", Limit=limit)
    for operation in ("ListShards", "ListStreamConsumers"):
        arn = "arn:aws:kinesis:us-east-1:000000000000:stream/s"
        assert "'maxResults'" in violations(operation, StreamARN=arn, MaxResults=limit)


NUMBER = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber"


@pytest.mark.parametrize(
    ("operation", "raw", "message"),
    [
        ("PutRecord", {"PartitionKey": 1}, f"{NUMBER} can not be converted to an String"),
        ("PutRecord", {"PartitionKey": True}, "class java.lang.Boolean can not be converted to an String"),
        ("PutRecord", {"PartitionKey": []}, "Start of list found where not expected"),
        ("PutRecord", {"PartitionKey": {}}, "Start of structure or map found where not expected."),
        ("PutRecord", {"Data": 5}, f"{NUMBER} can not be converted to a Blob"),
        (
            "PutRecord",
            {"Data": "23456"},
            "'23456' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes "
            "but found: 5",
        ),
        (
            "PutRecord",
            {"Data": "=+/="},
            "'=+/=' can not be converted to a Blob: Invalid Base64 character: '='",
        ),
        (
            "PutRecord",
            {"Data": "+/+="},
            "'+/+=' can not be converted to a Blob: Invalid last non-pad Base64 character dectected",
        ),
        ("GetRecords", {"ShardIterator": 5}, f"{NUMBER} can not be converted to an String"),
        ("GetRecords", {"Limit": "5"}, "class java.lang.String can not be converted to an Integer"),
        ("GetRecords", {"Limit": True}, "class java.lang.Boolean can not be converted to an Integer"),
        ("PutRecords", {"Records": "x"}, "Expected list or null"),
        ("PutRecords", {"Records": {}}, "Start of structure or map found where not expected."),
        ("PutRecords", {"Records": [5]}, "Expected null"),
        ("PutRecords", {"Records": [[]]}, "Start of list found where not expected"),
        ("AddTagsToStream", {"Tags": 5}, "Expected map or null"),
        ("AddTagsToStream", {"Tags": {"a": 5}}, f"{NUMBER} can not be converted to an String"),
        ("DeleteStream", {"EnforceConsumerDeletion": 1}, f"{NUMBER} can not be converted to an Boolean"),
        ("DeleteStream", {"EnforceConsumerDeletion": "x"}, "'X' can not be converted to an Boolean"),
    ],
)
def test_wrong_types_in_awss_words(operation: str, raw: dict[str, Any], message: str) -> None:
    with pytest.raises(SerializationException) as caught:
        read(operation, StreamName="not looked at!", **raw)
    assert caught.value.message == message
