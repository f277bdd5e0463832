"""What public bug reports and other emulators' suites found in the lab, each with AWS's answer."""

import base64
import gzip
import itertools
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from lab import clock
from lab.aws.environment import fresh_account as new_account
from lab.control import Control
from lab.rules.hash_space import LARGEST_HASH_KEY, is_open
from tests.lab.emulator.support import (
    client,
    code,
    create,
    everything,
    iterator,
    quotas_off,
    shards_of,
    share,
)
from tests.lab.emulator.wire import Wire

pytestmark = pytest.mark.xdist_group("shared-lab")
SHARD = "shardId-000000000000"
UNCHECKED = Config(parameter_validation=False, retries={"total_max_attempts": 1, "mode": "standard"})
MODEL = boto3.client("kinesis", region_name="us-east-1").meta.service_model


@pytest.fixture
def free(fresh_account: Mapping[str, str], control: Control) -> Any:
    """A client that checks nothing, quotas off."""
    quotas_off(control)
    return client(fresh_account, config=UNCHECKED)


@pytest.fixture
def wire(fresh_account: Mapping[str, str], control: Control) -> Wire:
    quotas_off(control)
    return Wire(fresh_account)


def refused(call: Callable[..., Any], **parameters: Any) -> tuple[str, str]:
    """The error's code and message."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return code(caught.value), str(caught.value.response["Error"]["Message"])


def neighbour_of(variables: Mapping[str, str]) -> dict[str, str]:
    return {**variables, "AWS_ACCESS_KEY_ID": new_account()}


def register(kinesis: Any, arn: str, name: str = "reader") -> str:
    return str(kinesis.register_stream_consumer(StreamARN=arn, ConsumerName=name)["Consumer"]["ConsumerARN"])


# State that must not be lost


def test_a_refused_deletion_deletes_nothing(free: Any) -> None:
    arn = create(free)
    free.put_record(StreamName="orders", Data=b"x", PartitionKey="k")
    reader = register(free, arn)
    error, message = refused(free.delete_stream, StreamName="orders")
    assert (error, "consumers associated with this data stream" in message) == (
        "ResourceInUseException",
        True,
    )
    time.sleep(0.7)
    assert free.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"]["ConsumerCount"] == 1
    assert len(everything(free)) == 1
    free.delete_stream(StreamName="orders", EnforceConsumerDeletion=True)
    assert refused(free.describe_stream, StreamName="orders")[0] == "ResourceNotFoundException"
    assert refused(free.describe_stream_consumer, ConsumerARN=reader)[0] == "ResourceNotFoundException"


def test_a_consumer_is_its_own_accounts_streams_and_regions(
    free: Any, fresh_account: Mapping[str, str]
) -> None:
    others = [
        client(neighbour_of(fresh_account), config=UNCHECKED),
        client({**fresh_account, "AWS_REGION": "eu-west-1"}, config=UNCHECKED),
    ]
    kept = [(other, register(other, create(other))) for other in others]
    kept.append((free, register(free, create(free, "second"))))
    free.deregister_stream_consumer(StreamARN=create(free), ConsumerName=_named(free, "orders"))
    for owner, arn in kept:
        told = owner.describe_stream_consumer(ConsumerARN=arn)["ConsumerDescription"]
        assert told["ConsumerStatus"] == "ACTIVE"


def _named(kinesis: Any, stream: str) -> str:
    arn = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]["StreamARN"]
    register(kinesis, arn)
    return "reader"


@pytest.mark.parametrize("at", ["0", "1", str(LARGEST_HASH_KEY), str(LARGEST_HASH_KEY + 1)])
def test_a_split_at_an_edge_changes_nothing(free: Any, at: str) -> None:
    create(free)
    before = shards_of(free)
    error, message = refused(free.split_shard, StreamName="orders", ShardToSplit=SHARD, NewStartingHashKey=at)
    assert error == "InvalidArgumentException"
    assert f"NewStartingHashKey {at} used in SplitShard() on shard {SHARD}" in message
    assert shards_of(free) == before
    free.update_shard_count(StreamName="orders", TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    assert sum(map(is_open, shards_of(free))) == 2


def test_closed_shards_are_not_split_or_merged(free: Any, control: Control) -> None:
    create(free, shards=2)
    free.merge_shards(StreamName="orders", ShardToMerge=SHARD, AdjacentShardToMerge="shardId-000000000001")
    for call, more in (
        (free.split_shard, {"ShardToSplit": SHARD, "NewStartingHashKey": "100"}),
        (free.merge_shards, {"ShardToMerge": SHARD, "AdjacentShardToMerge": "shardId-000000000001"}),
    ):
        error, message = refused(call, StreamName="orders", **more)
        assert error == "InvalidArgumentException"
        assert "has already been merged or split, and thus is not eligible" in message
    clock.advance(hours=25, of=control)
    for call, more in (
        (free.split_shard, {"ShardToSplit": SHARD, "NewStartingHashKey": "100"}),
        (free.merge_shards, {"ShardToMerge": SHARD, "AdjacentShardToMerge": "shardId-000000000002"}),
    ):
        assert refused(call, StreamName="orders", **more)[0] == "ResourceNotFoundException"


def test_every_child_begins_above_all_its_parents(free: Any) -> None:
    create(free, shards=4)
    for number in range(40):
        free.put_record(StreamName="orders", Data=b"x", PartitionKey=str(number))
    free.update_shard_count(StreamName="orders", TargetShardCount=3, ScalingType="UNIFORM_SCALING")
    free.update_shard_count(StreamName="orders", TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    shards = {shard["ShardId"]: shard["SequenceNumberRange"] for shard in shards_of(free)}
    last: dict[str, int] = {}
    for shard in shards:
        place = iterator(free, shard)
        for record in free.get_records(ShardIterator=place)["Records"]:
            last[shard] = int(record["SequenceNumber"])
    for shard in shards_of(free):
        begins = int(shard["SequenceNumberRange"]["StartingSequenceNumber"])
        for name in ("ParentShardId", "AdjacentParentShardId"):
            if parent := shard.get(name):
                ending = int(shards[parent]["EndingSequenceNumber"])
                assert begins > ending >= last.get(parent, 0)


def test_one_accounts_shards_are_nobody_elses_limit(free: Any, fresh_account: Mapping[str, str]) -> None:
    for number in range(4):
        create(free, f"large-{number}", shards=5000)
    error, message = refused(free.create_stream, StreamName="more", ShardCount=1)
    assert error == "LimitExceededException"
    assert "Current shard count for the account: 20000. Limit: 20000." in message
    other = client(neighbour_of(fresh_account))
    create(other, shards=300)
    assert other.describe_limits()["OpenShardCount"] == 300
    abroad = client({**fresh_account, "AWS_REGION": "eu-central-1"}, config=UNCHECKED)
    create(abroad, shards=10)
    assert "Limit: 1000." in refused(abroad.create_stream, StreamName="more", ShardCount=991)[1]
    error, _ = refused(
        free.update_shard_count, StreamName="large-0", TargetShardCount=10000, ScalingType="UNIFORM_SCALING"
    )
    assert error == "LimitExceededException"
    summary = free.describe_stream_summary(StreamName="large-0")["StreamDescriptionSummary"]
    assert summary["OpenShardCount"] == 5000, "nothing changed"


def test_many_accounts_create_streams_at_once(fresh_account: Mapping[str, str]) -> None:
    failed: list[Exception] = []

    def make(variables: Mapping[str, str]) -> None:
        try:
            for number in range(4):
                client(variables).create_stream(StreamName=f"s{number}", ShardCount=1)
        except ClientError as error:
            failed.append(error)

    threads = [threading.Thread(target=make, args=(neighbour_of(fresh_account),)) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


# Words and classes of errors


def test_numbers_where_reading_begins(free: Any) -> None:
    create(free, shards=2)
    written = free.put_record(StreamName="orders", Data=b"x", PartitionKey="k", ExplicitHashKey="0")
    free.split_shard(StreamName="orders", ShardToSplit=SHARD, NewStartingHashKey="100")
    ending = shards_of(free)[0]["SequenceNumberRange"]["EndingSequenceNumber"]
    arn = free.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"]["StreamARN"]
    reader = register(free, arn)
    cases = [
        (SHARD, "AFTER_SEQUENCE_NUMBER", ending, "has reached max possible value for the shard"),
        (SHARD, "AT_SEQUENCE_NUMBER", "12345", "Invalid StartingSequenceNumber. It encodes"),
        (
            "shardId-000000000001",
            "AT_SEQUENCE_NUMBER",
            written["SequenceNumber"],
            f"It encodes {SHARD}, while",
        ),
        (SHARD, "LATEST", written["SequenceNumber"], "and also a StartingSequenceNumber"),
        (SHARD, "TRIM_HORIZON", written["SequenceNumber"], "and also a StartingSequenceNumber"),
        (SHARD, "AT_SEQUENCE_NUMBER", None, "and no StartingSequenceNumber"),
    ]
    for shard, kind, number, says in cases:
        asked: dict[str, Any] = {"StreamName": "orders", "ShardId": shard, "ShardIteratorType": kind}
        position: dict[str, Any] = {"Type": kind}
        if number is not None:
            asked["StartingSequenceNumber"] = position["SequenceNumber"] = number
        for error, message in (
            refused(free.get_shard_iterator, **asked),
            refused(free.subscribe_to_shard, ConsumerARN=reader, ShardId=shard, StartingPosition=position),
        ):
            assert (error, says in message) == ("InvalidArgumentException", True), message
    assert iterator(free, SHARD, kind="AT_SEQUENCE_NUMBER", StartingSequenceNumber=ending)


VALIDATION, ARGUMENT = "ValidationException", "InvalidArgumentException"


@pytest.mark.parametrize(
    ("operation", "parameters", "error"),
    [
        ("put_record", {"Data": b"", "PartitionKey": "k", "ExplicitHashKey": "abc"}, VALIDATION),
        ("put_record", {"Data": b"", "PartitionKey": "k", "ExplicitHashKey": "007"}, VALIDATION),
        ("put_record", {"Data": b"", "PartitionKey": "k", "ExplicitHashKey": "-1"}, VALIDATION),
        ("put_record", {"Data": b"", "PartitionKey": "k", "ExplicitHashKey": str(2**128)}, ARGUMENT),
        ("put_record", {"Data": b"", "PartitionKey": "k", "SequenceNumberForOrdering": "abc"}, VALIDATION),
        ("put_record", {"Data": b"", "PartitionKey": "k", "SequenceNumberForOrdering": "9" * 60}, ARGUMENT),
        ("put_record", {"Data": b""}, VALIDATION),
        ("put_records", {"Records": [{"Data": b""}]}, VALIDATION),
        ("put_records", {"Records": [{"PartitionKey": "k"}]}, VALIDATION),
        ("put_records", {"Records": []}, VALIDATION),
        ("get_shard_iterator", {"ShardId": SHARD, "ShardIteratorType": "trim_horizon"}, VALIDATION),
        ("get_shard_iterator", {"ShardId": SHARD, "ShardIteratorType": "AT_TIMESTAMP"}, ARGUMENT),
        ("split_shard", {"ShardToSplit": SHARD, "NewStartingHashKey": "0x7f"}, VALIDATION),
        ("split_shard", {"ShardToSplit": SHARD, "NewStartingHashKey": ""}, VALIDATION),
        ("update_shard_count", {"TargetShardCount": 2, "ScalingType": "OTHER"}, VALIDATION),
        ("update_shard_count", {"TargetShardCount": 0, "ScalingType": "UNIFORM_SCALING"}, VALIDATION),
        ("list_shards", {"ShardFilter": {"Type": "OTHER"}}, VALIDATION),
        ("list_shards", {"MaxResults": 10_001}, VALIDATION),
        ("list_shards", {"ShardFilter": {"Type": "AT_TIMESTAMP"}}, ARGUMENT),
        ("describe_stream", {"Limit": 10_001}, VALIDATION),
        ("describe_stream", {"Limit": 0}, VALIDATION),
        ("list_tags_for_stream", {"Limit": 51}, VALIDATION),
        ("enable_enhanced_monitoring", {"ShardLevelMetrics": ["Nothing"]}, VALIDATION),
        ("start_stream_encryption", {"EncryptionType": "OTHER", "KeyId": "k"}, VALIDATION),
        ("start_stream_encryption", {"EncryptionType": "NONE", "KeyId": "k"}, ARGUMENT),
        ("remove_tags_from_stream", {"TagKeys": []}, VALIDATION),
        ("increase_stream_retention_period", {"RetentionPeriodHours": 20}, ARGUMENT),
    ],
)
def test_wrong_values_are_refused_by_their_class(
    free: Any, operation: str, parameters: dict[str, Any], error: str
) -> None:
    create(free)
    assert refused(getattr(free, operation), StreamName="orders", **parameters)[0] == error
    if error == VALIDATION:  # the form is looked at before the stream
        assert refused(getattr(free, operation), StreamName="nowhere", **parameters)[0] == error


@pytest.mark.parametrize("name", ["bad name!", "", "a" * 129, "a/b", "ä"])
def test_names_that_break_the_pattern(free: Any, name: str) -> None:
    assert refused(free.create_stream, StreamName=name, ShardCount=1)[0] == VALIDATION
    assert refused(free.describe_stream, StreamName=name)[0] == VALIDATION
    assert free.list_streams()["StreamNames"] == []


def test_awss_own_words(free: Any, control: Control) -> None:
    arn, account = create(free), control.account
    longer, shorter = free.increase_stream_retention_period, free.decrease_stream_retention_period
    asked = "Requested retention period"
    too_short = f"Minimum allowed retention period is 24 hours. {asked} (20 hours) is too short."
    too_long = f"Maximum allowed retention period is 8760 hours. {asked} (9000 hours) is too long."
    wrong_way = (
        f"{asked} (48 hours) for stream orders can not be longer than existing retention period (24 hours). "
        "Use IncreaseRetentionPeriod API."
    )
    there = f"stream orders under account {account}"
    missing, named = "ResourceNotFoundException", {"StreamName": "orders"}
    split = {"ShardToSplit": "shardId-7", "NewStartingHashKey": "5"}
    words: list[tuple[Any, dict[str, Any], str, str]] = [
        (shorter, {**named, "RetentionPeriodHours": 20}, ARGUMENT, too_short),
        (longer, {**named, "RetentionPeriodHours": 9000}, ARGUMENT, too_long),
        (shorter, {**named, "RetentionPeriodHours": 48}, ARGUMENT, wrong_way),
        (free.create_stream, {**named, "ShardCount": 1}, "ResourceInUseException",
         f"Stream orders under account {account} already exists."),
        (free.split_shard, {"StreamARN": arn, **split}, missing,
         f"Could not find shard shardId-000000000007 in {there}."),
        (free.get_shard_iterator, {**named, "ShardId": "7", "ShardIteratorType": "LATEST"}, missing,
         f"Shard shardId-000000000007 in {there} does not exist"),
        (free.describe_stream, {"StreamName": "nowhere"}, missing,
         f"Stream nowhere under account {account} not found."),
        (free.get_shard_iterator, {"StreamName": "nowhere", "ShardId": "7", "ShardIteratorType": "LATEST"},
         missing, f"Shard shardId-000000000007 in stream nowhere under account {account} does not exist"),
    ]  # fmt: skip
    nameless = f"Could not find shard ABC in stream nowhere under account {account}."
    for call, shards in (
        (free.get_shard_iterator, {"ShardId": "ABC", "ShardIteratorType": "LATEST"}),
        (free.split_shard, {"ShardToSplit": "ABC", "NewStartingHashKey": "5"}),
        (free.merge_shards, {"ShardToMerge": "7", "AdjacentShardToMerge": "ABC"}),
    ):
        words.append((call, {"StreamName": "nowhere", **shards}, missing, nameless))
    for call, parameters, error, message in words:
        assert refused(call, **parameters) == (error, message)


def test_an_iterator_outlives_its_stream_and_fits_the_next_of_its_name(free: Any, control: Control) -> None:
    create(free, shards=2)
    places = [iterator(free, f"shardId-{number}", kind="LATEST") for number in range(2)]
    free.delete_stream(StreamName="orders")
    where = f"in stream orders under account {control.account}"
    for number, place in enumerate(places):
        gone = f"Shard shardId-00000000000{number} {where} does not exist"
        assert refused(free.get_records, ShardIterator=place) == ("ResourceNotFoundException", gone)
    create(free)
    free.put_record(StreamName="orders", Data=b"x", PartitionKey="k")
    assert len(free.get_records(ShardIterator=places[0])["Records"]) == 1
    missing = ("ResourceNotFoundException", f"Shard shardId-000000000001 {where} does not exist")
    assert refused(free.get_records, ShardIterator=places[1]) == missing


def test_the_number_of_shards_decides_the_mode_of_a_stream_without_one(free: Any) -> None:
    free.create_stream(StreamName="plain")
    free.create_stream(StreamName="sized", ShardCount=2)
    told = [free.describe_stream_summary(StreamName=name) for name in ("plain", "sized")]
    modes = [one["StreamDescriptionSummary"]["StreamModeDetails"]["StreamMode"] for one in told]
    assert modes == ["ON_DEMAND", "PROVISIONED"]
    assert [len(shards_of(free, name)) for name in ("plain", "sized")] == [4, 2]
    provisioned = {"StreamMode": "PROVISIONED"}
    error, message = refused(free.create_stream, StreamName="unsized", StreamModeDetails=provisioned)
    assert (error, "Value null at 'shardCount'" in message) == ("ValidationException", True)


# Listing


def test_what_comes_after_a_name_that_is_not_there(free: Any, fresh_account: Mapping[str, str]) -> None:
    for name in "aceg":
        create(free, name)
    assert free.list_streams(ExclusiveStartStreamName="b")["StreamNames"] == ["c", "e", "g"]
    assert free.list_streams(ExclusiveStartStreamName="zz")["StreamNames"] == []
    page = free.list_streams(Limit=2)
    assert (page["StreamNames"], page["HasMoreStreams"]) == (["a", "c"], True)
    free.delete_stream(StreamName="c")
    rest = free.list_streams(NextToken=page["NextToken"])
    assert (rest["StreamNames"], rest["HasMoreStreams"]) == (["e", "g"], False)
    assert [one["StreamName"] for one in rest["StreamSummaries"]] == ["e", "g"]
    assert {one["StreamStatus"] for one in rest["StreamSummaries"]} == {"ACTIVE"}
    other = client(neighbour_of(fresh_account), config=UNCHECKED)
    for call, token in ((free, "nonsense"), (free, "Yg=="), (other, page["NextToken"])):
        assert refused(call.list_streams, NextToken=token) == (ARGUMENT, "Invalid NextToken.")


def test_what_comes_after_a_tag_that_is_not_there(free: Any) -> None:
    create(free)
    free.add_tags_to_stream(StreamName="orders", Tags={key: key for key in "aceg"})
    page = free.list_tags_for_stream(StreamName="orders", ExclusiveStartTagKey="b", Limit=2)
    assert ([tag["Key"] for tag in page["Tags"]], page["HasMoreTags"]) == (["c", "e"], True)
    page = free.list_tags_for_stream(StreamName="orders", ExclusiveStartTagKey="zz")
    assert (page["Tags"], page["HasMoreTags"]) == ([], False)


def test_a_token_of_shards_stands_alone(free: Any) -> None:
    arn, other = create(free, shards=3), create(free, "other", shards=3)
    token = free.list_shards(StreamName="orders", MaxResults=1)["NextToken"]
    rest = free.list_shards(NextToken=token)
    assert [shard["ShardId"] for shard in rest["Shards"]] == ["shardId-000000000001", "shardId-000000000002"]
    for more in (
        {"StreamARN": arn},
        {"StreamARN": other},
        {"StreamName": "orders"},
        {"ExclusiveStartShardId": SHARD},
        {"ShardFilter": {"Type": "AT_LATEST"}},
    ):
        error, message = refused(free.list_shards, NextToken=token, **more)
        assert (error, "cannot be provided together" in message) == (ARGUMENT, True)
    assert refused(free.list_shards) == (ARGUMENT, "Either NextToken or StreamName should be provided.")
    changed = token[:-6] + ("A" if token[-6] != "A" else "B") + token[-5:]
    consumers = [register(free, arn, name) for name in ("a", "b")]
    foreign = free.list_stream_consumers(StreamARN=arn, MaxResults=1)["NextToken"]
    assert consumers
    for wrong in (changed, foreign, "nonsense"):
        assert refused(free.list_shards, NextToken=wrong) == (ARGUMENT, "Invalid NextToken.")
    assert refused(free.list_stream_consumers, StreamARN=other, NextToken=foreign)[0] == ARGUMENT


@pytest.mark.parametrize("count", [101, 1000, 10_000])
def test_consumers_a_page_may_be_asked_for_above_a_hundred(free: Any, count: int) -> None:
    arn = create(free)
    register(free, arn)
    assert len(free.list_stream_consumers(StreamARN=arn, MaxResults=count)["Consumers"]) == 1
    assert refused(free.list_stream_consumers, StreamARN=arn, MaxResults=10_001)[0] == VALIDATION


# Tags


def test_eleven_to_fifty_tags_in_one_call(free: Any) -> None:
    fifty = {f"key-{number:02}": str(number) for number in range(50)}
    create(free, Tags=fifty)
    assert len(free.list_tags_for_stream(StreamName="orders")["Tags"]) == 50
    free.remove_tags_from_stream(StreamName="orders", TagKeys=list(fifty))
    assert free.list_tags_for_stream(StreamName="orders")["Tags"] == []
    free.add_tags_to_stream(StreamName="orders", Tags=fifty)
    arn = free.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"]["StreamARN"]
    free.tag_resource(ResourceARN=arn, Tags=fifty)
    for call, named in (
        (free.add_tags_to_stream, {"StreamName": "orders"}),
        (free.tag_resource, {"ResourceARN": arn}),
    ):
        error, message = refused(call, Tags={"one": "more"}, **named)
        assert (error, "more than 50 tags" in message) == (ARGUMENT, True)
        assert refused(call, Tags={"a%": "b"}, **named)[0] == ARGUMENT
        assert refused(call, Tags={"a?": "b"}, **named)[0] == ARGUMENT
        assert refused(call, Tags={"aws:x": "b"}, **named)[0] == ARGUMENT
    assert len(free.list_tags_for_resource(ResourceARN=arn)["Tags"]) == 50


# Answers


def test_what_answers_hold_and_leave_out(wire: Wire) -> None:
    assert wire.call("CreateStream", StreamName="s", ShardCount=1).body == b"", "AWS sends nothing"
    one = wire.call("PutRecord", StreamName="s", Data="eA==", PartitionKey="k")
    assert one.content.keys() == {"ShardId", "SequenceNumber"}
    many = wire.call("PutRecords", StreamName="s", Records=[{"Data": "eA==", "PartitionKey": "k"}])
    assert many.content.keys() == {"FailedRecordCount", "Records"}
    place = wire.call("GetShardIterator", StreamName="s", ShardId="0", ShardIteratorType="TRIM_HORIZON")
    page = wire.call("GetRecords", ShardIterator=place.content["ShardIterator"])
    assert page.content["Records"][0].keys() == {
        "SequenceNumber",
        "ApproximateArrivalTimestamp",
        "Data",
        "PartitionKey",
    }
    assert page.headers["content-type"] == "application/x-amz-json-1.1"
    assert 72 <= len(base64.b64decode(page.headers["x-amz-id-2"])) <= 80, "as AWS's"
    assert page.headers["x-amz-id-2"] != place.headers["x-amz-id-2"]
    for operation in ("DescribeStream", "DescribeStreamSummary"):
        assert b"null" not in wire.call(operation, StreamName="s").body
    wire.call("StartStreamEncryption", StreamName="s", EncryptionType="KMS", KeyId="alias/aws/kinesis")
    for operation, more in (
        ("PutRecord", {"Data": "eA==", "PartitionKey": "k"}),
        ("PutRecords", {"Records": [{"Data": "eA==", "PartitionKey": "k"}]}),
    ):
        assert wire.call(operation, StreamName="s", **more).content["EncryptionType"] == "KMS"
    records = wire.call("GetRecords", ShardIterator=place.content["ShardIterator"]).content["Records"]
    assert [record["EncryptionType"] for record in records] == ["NONE", "NONE", "KMS", "KMS"]
    wire.call("StopStreamEncryption", StreamName="s", EncryptionType="KMS", KeyId="alias/aws/kinesis")
    plain = wire.call("PutRecord", StreamName="s", Data="eA==", PartitionKey="k")
    assert "EncryptionType" not in plain.content
    records = wire.call("GetRecords", ShardIterator=place.content["ShardIterator"]).content["Records"]
    assert [record["EncryptionType"] for record in records][3:] == ["KMS", "NONE"]


def test_a_json_client_written_by_hand(wire: Wire) -> None:
    wire.call("CreateStream", {"StreamName": "s", "ShardCount": 1, "Tags": None, "Unknown": [1]})
    began = time.time()
    wire.call("PutRecord", StreamName="s", Data="eA==", PartitionKey="early")
    time.sleep(0.3)
    middle = time.time()
    wire.call("PutRecord", StreamName="s", Data="eA==", PartitionKey="late")
    for shard in ("shardId-000000000000", "shardId-0", "0", "x-0"):
        for moment, keys in ((began - 1, ["early", "late"]), (round(middle, 3), ["late"])):
            asked = {"StreamName": "s", "ShardId": shard, "ShardIteratorType": "AT_TIMESTAMP"}
            place = wire.call("GetShardIterator", asked, Timestamp=moment).content["ShardIterator"]
            records = wire.call("GetRecords", ShardIterator=f'"{place}"').content["Records"]
            assert [record["PartitionKey"] for record in records] == keys
    assert wire.call("GetRecords", ShardIterator="mangled").error == ARGUMENT


CBOR_TYPE = "application/x-amz-cbor-1.1"


def cbor(**members: str | bytes | int) -> bytes:
    """Short texts and blobs, and times in milliseconds, as the Java SDK sends them."""
    body = bytes([0xA0 + len(members)])
    for name, value in members.items():
        body += bytes([0x60 + len(name)]) + name.encode()
        if isinstance(value, int):
            body += b"\xc1\x1b" + value.to_bytes(8, "big")
        else:
            kind, held = (0x60, value.encode()) if isinstance(value, str) else (0x40, value)
            body += bytes([kind + len(held)]) + held
    return body


def test_a_cbor_client_written_by_hand(wire: Wire, control: Control) -> None:
    wire.call("CreateStream", StreamName="s", ShardCount=1)
    data = b"Timestamp\xc1\x1a, as a body in CBOR has it"[:23]
    for key in ("early", "late"):
        clock.advance(seconds=60, of=control)
        entry = cbor(StreamName="s", PartitionKey=key, Data=data)
        assert wire.send(entry, "PutRecord", content_type=CBOR_TYPE).status == 200
    late = round(control.look("clock")["now"] * 1000) - 30_000
    asked = cbor(StreamName="s", ShardId="0", ShardIteratorType="AT_TIMESTAMP", Timestamp=late)
    found = wire.send(asked, "GetShardIterator", content_type=CBOR_TYPE)
    place = found.body.partition(b"ShardIterator")[2][2:].decode()  # behind the text's length
    records = wire.call("GetRecords", ShardIterator=place).content["Records"]
    assert [(one["PartitionKey"], base64.b64decode(one["Data"])) for one in records] == [("late", data)]


def test_no_operation_takes_times_and_blobs() -> None:
    """So that a time can be told from the bytes of a blob."""

    def kinds(shape: Any) -> set[str]:
        inner = [shape.member] if shape.type_name == "list" else getattr(shape, "members", {}).values()
        return {shape.type_name}.union(*map(kinds, inner))

    inputs = [MODEL.operation_model(name).input_shape for name in MODEL.operation_names]
    taken = [kinds(shape) for shape in inputs if shape is not None]
    assert [one for one in taken if {"blob", "timestamp"} <= one] == []
    assert any("blob" in one for one in taken)
    assert any("timestamp" in one for one in taken)


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("PutRecord", {"PartitionKey": 1}),
        ("PutRecord", {"StreamName": "s", "PartitionKey": "k", "Data": "no base64"}),
        ("GetRecords", {"ShardIterator": 5}),
        ("GetRecords", {"ShardIterator": "x", "Limit": "5"}),
        ("PutRecords", {"Records": "x"}),
        ("PutRecords", {"Records": [[]]}),
        ("CreateStream", {"StreamName": ["s"]}),
        ("AddTagsToStream", {"Tags": {"a": {}}}),
        ("PutRecord", [1]),
        ("PutRecord", "text"),
        ("PutRecord", None),
    ],
)
def test_wrong_types_are_a_serialization_exception(wire: Wire, operation: str, body: Any) -> None:
    answer = wire.send(json.dumps(body).encode(), operation)
    assert (answer.status, answer.error) == (400, "SerializationException")


@pytest.mark.parametrize("body", [b"", b"{", b"{]", b"\xff", b'{"StreamName": NaN}', b"[" * 100_000])
def test_bodies_that_are_no_json(wire: Wire, body: bytes) -> None:
    answer = wire.send(body, "DescribeStream")
    assert (answer.status, answer.error) == (400, "SerializationException")


def test_operations_and_methods_that_there_are_not(wire: Wire) -> None:
    others = ["kinesis_20131202", "DynamoDB_20120810", "a.Kinesis_20131202", "Kinesis_20131202.a", ""]
    targets = [*(f"{other}.ListStreams" for other in others), "ListStreams", "Kinesis_20131202."]
    unknown = [wire.send(b"{}", "", headers={"X-Amz-Target": target}) for target in targets]
    unknown += [wire.send(b"{}", "MakeCoffee"), wire.send(b"{}", "LISTSTREAMS"), wire.send(b"{}", "")]
    for answer in unknown:
        assert (answer.status, answer.error) == (400, "UnknownOperationException")
    plain = wire.send(b"{}", "", content_type="text/plain")
    for answer in (plain, wire.send(b"", "ListStreams", method="GET")):
        assert (answer.status, b"AccessDeniedException" in answer.body) == (403, True)
        assert "content-type" not in answer.headers


def test_a_body_that_is_packed_or_says_so(wire: Wire) -> None:
    packed = {"Content-Encoding": "gzip"}
    assert wire.send(gzip.compress(b"{}"), "ListStreams", headers=packed).status == 200
    whole = gzip.compress(b'{"Limit": 5}')
    for body in (b"{}", b"", whole[:-9], whole[:11] + b"\xff\xff" + whole[13:]):
        answer = wire.send(body, "ListStreams", headers=packed)
        assert (answer.status, answer.error) == (400, "SerializationException"), body


MISSING = [name for name in MODEL.operation_names if "Queue" in name or "Channel" in name]


@pytest.mark.parametrize("name", MISSING)
def test_what_is_not_there_is_refused_by_name(wire: Wire, name: str) -> None:
    answer = wire.call(name, _least(MODEL.operation_model(name).input_shape))
    assert (answer.status, answer.error) == (400, ARGUMENT)
    assert name in answer.content["message"]


def _least(shape: Any) -> Any:
    """The smallest parameters that the model accepts."""
    if shape is None:
        return {}
    if shape.type_name == "structure":
        return {name: _least(shape.members[name]) for name in shape.required_members}
    if shape.type_name == "list":
        return [_least(shape.member)] * shape.metadata.get("min", 1)
    if shape.type_name in ("integer", "long"):
        return shape.metadata.get("min", 1)
    if shape.type_name == "boolean":
        return True
    if "enum" in shape.metadata:
        return shape.metadata["enum"][0]
    return _text(shape)


OF_KINESIS = "arn:aws:kinesis:us-east-1:000000000000:"
TEXTS = (
    "abc",
    "1",
    f"{OF_KINESIS}stream/s",
    f"{OF_KINESIS}stream/s/queue/q",
    f"{OF_KINESIS}stream/s/channel/c",
    f"{OF_KINESIS}channel/c",
    f"{OF_KINESIS}queue/q",
    f"{OF_KINESIS}stream/s/queue/q:1",
    f"{OF_KINESIS}stream/s/channel/c:1",
    "arn:aws:iam::000000000000:role/r",
    "arn:aws:s3:::bucket",
    "arn:aws:s3tables:us-east-1:000000000000:bucket/b",
    "aaaaaaaaaaaaaaaaaaaa-aaa",
)


def _text(shape: Any) -> str:
    """A text that fits the shape's pattern and length."""
    least = shape.metadata.get("min", 0)
    for text in TEXTS:
        if re.fullmatch(shape.metadata.get("pattern", ".*"), text) and len(text) >= least:
            return text
    raise AssertionError(f"no text for {shape.name}: {shape.metadata}")


def test_a_dry_run_writes_and_reads_nothing(free: Any) -> None:
    arn = create(free)
    place, reader = iterator(free, SHARD), register(free, arn)
    entry = {"Data": b"x", "PartitionKey": "k"}
    calls: list[tuple[Any, dict[str, Any]]] = [
        (free.put_record, {"StreamName": "orders", **entry}),
        (free.put_records, {"StreamName": "orders", "Records": [entry]}),
        (free.get_records, {"ShardIterator": place}),
        (free.get_shard_iterator, {"StreamName": "orders", "ShardId": SHARD, "ShardIteratorType": "LATEST"}),
        (
            free.subscribe_to_shard,
            {"ConsumerARN": reader, "ShardId": SHARD, "StartingPosition": {"Type": "LATEST"}},
        ),
    ]
    for call, parameters in calls:
        assert refused(call, DryRun=True, **parameters)[0] == "DryRunOperationException"
    assert everything(free) == []
    wrong = refused(free.put_record, StreamName="nowhere", DryRun=True, **entry)
    assert wrong[0] == "ResourceNotFoundException", "what would not succeed says why"
    free.put_record(StreamName="orders", DryRun=False, **entry)
    assert len(everything(free)) == 1


def test_a_distribution_that_is_not_there_is_refused_by_name(free: Any) -> None:
    on_demand = {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}}
    for more in ({"ShardCount": 1}, on_demand):
        error, message = refused(
            free.create_stream, StreamName="s", RecordDistributionStrategy="AUTO", **more
        )
        assert (error, "AUTO" in message) == (ARGUMENT, True)
    assert free.list_streams()["StreamNames"] == []
    arn = create(free, "s", RecordDistributionStrategy="USER_PARTITION_KEY", **on_demand)
    error, _ = refused(
        free.update_stream_record_distribution_strategy, StreamARN=arn, RecordDistributionStrategy="AUTO"
    )
    assert error == ARGUMENT
    free.update_stream_record_distribution_strategy(
        StreamARN=arn, RecordDistributionStrategy="USER_PARTITION_KEY"
    )


def test_a_policy_that_is_none_is_refused(free: Any) -> None:
    arn = create(free)
    for policy in ("{", "", "[]", '{"Version": "2012-10-17"}', '"x"'):
        assert refused(free.put_resource_policy, ResourceARN=arn, Policy=policy)[0] == ARGUMENT
    assert refused(free.get_resource_policy, ResourceARN=arn)[0] == "ResourceNotFoundException"


# Accounts and ARNs


def test_another_accounts_stream_only_where_its_policy_lets_one_in(
    free: Any, fresh_account: Mapping[str, str]
) -> None:
    arn = create(free)
    theirs = neighbour_of(fresh_account)
    other = client(theirs, config=UNCHECKED)
    free.put_record(StreamName="orders", Data=b"x", PartitionKey="k")
    place = iterator(free, SHARD)
    token = create(free, "two", shards=2) and free.list_shards(StreamName="two", MaxResults=1)["NextToken"]
    calls: list[tuple[Any, dict[str, Any]]] = [
        (other.put_record, {"StreamARN": arn, "Data": b"y", "PartitionKey": "k"}),
        (other.get_records, {"ShardIterator": place}),
        (other.get_shard_iterator, {"StreamARN": arn, "ShardId": SHARD, "ShardIteratorType": "LATEST"}),
        (other.describe_stream, {"StreamARN": arn}),
        (other.list_shards, {"NextToken": token}),
        (other.delete_stream, {"StreamARN": arn}),
        (other.list_tags_for_resource, {"ResourceARN": arn}),
        (other.tag_resource, {"ResourceARN": arn, "Tags": {"a": "b"}}),
        (other.update_stream_mode, {"StreamARN": arn, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}}),
        (other.register_stream_consumer, {"StreamARN": arn, "ConsumerName": "c"}),
    ]
    for call, parameters in calls:
        assert refused(call, **parameters)[0] == "AccessDeniedException"
    assert len(everything(free)) == 1
    share(free, arn, theirs["AWS_ACCESS_KEY_ID"], "kinesis:PutRecord", "kinesis:GetRecords")
    other.put_record(StreamARN=arn, Data=b"y", PartitionKey="k")
    assert len(other.get_records(ShardIterator=place)["Records"]) == 2
    for call, parameters in calls[2:]:
        assert refused(call, **parameters)[0] == "AccessDeniedException"


@pytest.mark.parametrize(
    "form",
    [
        "x:x:x:us-east-1:{}:stream/orders",
        "arn:aws:kinesis:us-east-1:{}:stream/orders/consumer/",
        "arn:aws:kinesis:us-east-1:{}:stream/orders/x",
        "arn:aws:kinesis:us-east-1:{}:stream/x:stream/orders",
        "arn:aws-x:kinesis:us-east-1:{}:stream/orders",
        "arn:aws:kinesis:us-east-1:{}:stream/orders\n",
    ],
)
def test_what_only_looks_like_an_arn_reaches_nobody(
    free: Any, fresh_account: Mapping[str, str], control: Control, form: str
) -> None:
    create(free)
    theirs = client(neighbour_of(fresh_account), config=UNCHECKED)
    create(theirs)
    for caller in (free, theirs):
        text = form.format(control.account)
        error, _ = refused(caller.put_record, StreamARN=text, Data=b"", PartitionKey="k")
        assert error in (VALIDATION, ARGUMENT)
        assert refused(caller.delete_stream, StreamARN=text)[0] in (VALIDATION, ARGUMENT)
    assert everything(free) == everything(theirs) == []


def test_names_that_contradict_each_other(free: Any) -> None:
    arn, other = create(free), create(free, "other")
    assert refused(free.describe_stream, StreamName="other", StreamARN=arn)[0] == ARGUMENT
    assert free.describe_stream(StreamName="orders", StreamARN=arn)
    assert refused(free.get_records, ShardIterator=iterator(free, SHARD), StreamARN=other)[0] == ARGUMENT
    reader = register(free, arn)
    for more in ({"ConsumerName": "else"}, {"StreamARN": other}):
        assert refused(free.describe_stream_consumer, ConsumerARN=reader, **more)[0] == ARGUMENT
    assert free.describe_stream_consumer(ConsumerARN=reader, ConsumerName="reader", StreamARN=arn)


# States


def test_states_can_be_seen(free: Any, control: Control) -> None:
    control.set("states", creating=60, updating=60, deleting=60)

    def status() -> str:
        return str(
            free.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"]["StreamStatus"]
        )

    free.create_stream(StreamName="orders", ShardCount=1)
    assert (status(), free.list_shards(StreamName="orders")["Shards"]) == ("CREATING", [])
    entry = {"StreamName": "orders", "Data": b"", "PartitionKey": "k"}
    assert refused(free.put_record, **entry)[0] == "ResourceNotFoundException"
    for number in range(4):
        free.create_stream(StreamName=f"other-{number}", ShardCount=1)
    assert refused(free.create_stream, StreamName="sixth", ShardCount=1)[0] == "LimitExceededException"
    clock.advance(seconds=60, of=control)
    assert status() == "ACTIVE"
    free.split_shard(StreamName="orders", ShardToSplit=SHARD, NewStartingHashKey="100")
    assert status() == "UPDATING"
    free.put_record(**entry)
    split = {"ShardToSplit": "shardId-1", "NewStartingHashKey": "50"}
    closed = {"ShardToSplit": SHARD, "NewStartingHashKey": "100"}
    merge = {"ShardToMerge": SHARD, "AdjacentShardToMerge": "shardId-1"}
    for call, asked in ((free.split_shard, split), (free.split_shard, closed), (free.merge_shards, merge)):
        error, message = refused(call, StreamName="orders", **asked)
        assert error == "ResourceInUseException", asked
        assert message.endswith("not ACTIVE, instead in state UPDATING")
    clock.advance(seconds=60, of=control)
    free.split_shard(StreamName="orders", **split)
    free.delete_stream(StreamName="orders")
    assert status() == "DELETING"
    assert refused(free.put_record, **entry)[0] == "ResourceNotFoundException"
    assert refused(free.create_stream, StreamName="orders", ShardCount=1)[0] == "ResourceInUseException"
    clock.advance(seconds=60, of=control)
    assert refused(free.describe_stream, StreamName="orders")[0] == "ResourceNotFoundException"
    free.create_stream(StreamName="orders", ShardCount=1)
    free.delete_stream(StreamName="orders")
    told = free.describe_stream(StreamName="orders")["StreamDescription"]
    assert (told["StreamStatus"], told["Shards"]) == ("DELETING", []), "it never had shards"
    clock.advance(seconds=60, of=control)
    control.set("states", creating=0)
    create(free)


# Fan-out


def events_until_end(stream: Any) -> Iterator[dict[str, Any]]:
    for event in stream:
        yield event["SubscribeToShardEvent"]


def test_fan_out_ends_at_the_end_of_a_closed_shard(free: Any) -> None:
    arn = create(free)
    reader = register(free, arn)
    free.put_record(StreamName="orders", Data=b"x", PartitionKey="k")
    asked = {"ConsumerARN": reader, "ShardId": SHARD, "StartingPosition": {"Type": "TRIM_HORIZON"}}
    stream = free.subscribe_to_shard(**asked)["EventStream"]
    threading.Timer(
        0.5,
        lambda: free.split_shard(StreamName="orders", ShardToSplit=SHARD, NewStartingHashKey="100"),
    ).start()
    seen = list(events_until_end(stream))
    assert [record["Data"] for event in seen for record in event["Records"]] == [b"x"]
    assert all(event["ContinuationSequenceNumber"] and "ChildShards" not in event for event in seen[:-1])
    last = seen[-1]
    assert "ContinuationSequenceNumber" not in last
    assert [child["ShardId"] for child in last["ChildShards"]] == [
        "shardId-000000000001",
        "shardId-000000000002",
    ]
    assert [child["ParentShards"] for child in last["ChildShards"]] == [[SHARD], [SHARD]]
    again = list(events_until_end(free.subscribe_to_shard(**asked)["EventStream"]))
    assert len(again) == 1
    assert (len(again[0]["Records"]), "ContinuationSequenceNumber" in again[0]) == (1, False)


def test_what_follows_a_continuation_number(free: Any) -> None:
    arn = create(free)
    reader = register(free, arn)
    asked: dict[str, Any] = {"ConsumerARN": reader, "ShardId": SHARD}
    put = {"StreamName": "orders", "Data": b"", "PartitionKey": "before"}
    free.put_record(**put)
    stream = free.subscribe_to_shard(**asked, StartingPosition={"Type": "LATEST"})["EventStream"]
    number = next(events_until_end(stream))["ContinuationSequenceNumber"]
    stream.close()
    free.put_record(**put | {"PartitionKey": "after"})
    position = {"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": number}
    stream = free.subscribe_to_shard(**asked, StartingPosition=position)["EventStream"]
    assert [one["PartitionKey"] for one in next(events_until_end(stream))["Records"]] == ["after"]
    stream.close()


@pytest.mark.parametrize("how", ["arn", "name", "delete", "wipe"])
def test_a_subscription_ends_with_its_consumer(free: Any, control: Control, how: str) -> None:
    arn = create(free)
    reader = register(free, arn)
    asked = {"ConsumerARN": reader, "ShardId": SHARD, "StartingPosition": {"Type": "LATEST"}}
    stream = free.subscribe_to_shard(**asked)["EventStream"]
    ways = {
        "arn": lambda: free.deregister_stream_consumer(ConsumerARN=reader),
        "name": lambda: free.deregister_stream_consumer(StreamARN=arn, ConsumerName="reader"),
        "delete": lambda: free.delete_stream(StreamName="orders", EnforceConsumerDeletion=True),
        "wipe": lambda: control.set("wipe"),
    }
    threading.Timer(0.3, ways[how]).start()
    began = time.monotonic()
    with pytest.raises(ClientError) as caught:
        list(itertools.islice(events_until_end(stream), 100))
    stream.close()
    assert code(caught.value) == "ResourceNotFoundException", "an error event, not a broken connection"
    assert time.monotonic() - began < 5
