"""A mapping reads a stream for a function, rule by rule, by the account's clock."""

import itertools
import json
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lab import clock
from lab.control import Control
from lab.rules.hash_space import LARGEST_HASH_KEY
from tests.lab.emulator.functions.support import Lambda
from tests.lab.emulator.support import client, code, create, quotas_off, shards_of
from tests.lab.support import eventually

pytestmark = pytest.mark.xdist_group("shared-lab")

FINE = "def handler(event, context):\n    return None\n"
POISON = """
import base64
def handler(event, context):
    for record in event["Records"]:
        if base64.b64decode(record["kinesis"]["data"]).startswith(b"bad"):
            raise ValueError("poison")
"""
PARTIAL = """
import base64
def handler(event, context):
    for record in event["Records"]:
        if base64.b64decode(record["kinesis"]["data"]).startswith(b"bad"):
            return {"batchItemFailures": [{"itemIdentifier": record["kinesis"]["sequenceNumber"]}]}
    return {"batchItemFailures": []}
"""


class Stream:
    """A stream, what is put into it, and what functions were given of it."""

    def __init__(self, variables: Mapping[str, str], control: Control) -> None:
        self.variables, self.control = variables, control
        self.kinesis = client(variables)
        self.functions = Lambda(variables)
        self.arn = ""
        self.numbers: dict[str, str] = {}
        """The data of each record by its sequence number."""

    def create(self, shards: int = 1) -> None:
        self.arn = create(self.kinesis, shards=shards)

    def put(self, *texts: str, key: str = "k", shard: int | None = None) -> None:
        """Records in this order; SHARD by its place among the open ones."""
        for text in texts:
            explicit = {}
            if shard is not None:
                explicit["ExplicitHashKey"] = str(self.start_of(shard))
            answer = self.kinesis.put_record(
                StreamName="orders", Data=text.encode(), PartitionKey=key, **explicit
            )
            self.numbers[answer["SequenceNumber"]] = text

    def start_of(self, place: int) -> int:
        still_open = [
            one for one in shards_of(self.kinesis) if "EndingSequenceNumber" not in one["SequenceNumberRange"]
        ]
        starts = sorted(int(one["HashKeyRange"]["StartingHashKey"]) for one in still_open)
        return starts[place]

    def map(self, function: str = "worker", **settings: Any) -> str:
        """A mapping; its id."""
        settings = {"StartingPosition": "TRIM_HORIZON"} | settings
        answer = self.functions.api.create_event_source_mapping(
            EventSourceArn=self.arn, FunctionName=function, **settings
        )
        assert answer["State"] == "Creating"
        return str(answer["UUID"])

    def log(self, function: str = "worker") -> list[dict[str, Any]]:
        found = self.control.look("invocations")["invocations"]
        return [one for one in found if one["function"] == function]

    def given(self, function: str = "worker") -> list[list[str]]:
        """The data of each invocation, in order."""
        return [self.texts(one) for one in self.log(function) if one["outcome"] != "given_up"]

    def texts(self, entry: dict[str, Any]) -> list[str]:
        return [self.numbers[number] for number in entry["sequence_numbers"]]

    def done(self, function: str = "worker") -> list[str]:
        """What succeeded, in order."""
        done: list[str] = []
        for one in self.log(function):
            if one["outcome"] in ("success", "partial"):
                done += self.texts(one)[: one["failed_from"]]
        return done

    def given_up(self) -> list[tuple[str, list[str]]]:
        return [(one["error"], self.texts(one)) for one in self.log() if one["outcome"] == "given_up"]

    def state(self, mapping: str) -> tuple[str, str]:
        told = self.functions.api.get_event_source_mapping(UUID=mapping)
        return told["State"], told["LastProcessingResult"]


@pytest.fixture
def stream(fresh_account: Mapping[str, str], control: Control) -> Stream:
    made = Stream(fresh_account, control)
    made.create()
    return made


def settle(seconds: float = 2.5) -> None:
    """Time for what should not happen to happen."""
    time.sleep(seconds)


# Events


def test_the_event_is_lambdas(stream: Stream) -> None:
    stream.functions.make("import json\ndef handler(event, context):\n    print(json.dumps(event))\n")
    stream.put("ü", key="ключ")
    stream.map()
    entry = eventually(stream.log)[0]
    (record,) = json.loads(entry["printed"])["Records"]
    number = entry["first"]
    assert record["eventID"] == f"shardId-000000000000:{number}"
    assert record["eventSource"] == "aws:kinesis"
    assert record["eventSourceARN"] == stream.arn
    assert record["invokeIdentityArn"].endswith(":role/worker")
    assert record["kinesis"]["partitionKey"] == "ключ"
    assert record["kinesis"]["data"] == "w7w="
    assert record["kinesis"]["sequenceNumber"] == number
    assert abs(record["kinesis"]["approximateArrivalTimestamp"] - entry["at"]) < 60


# Batches


def test_batches_are_of_the_batch_size_and_in_order(stream: Stream) -> None:
    stream.functions.make(FINE)
    texts = [str(number) for number in range(25)]
    stream.put(*texts)
    stream.map(BatchSize=10)
    eventually(lambda: len(stream.done()) == 25)
    assert stream.given() == [texts[:10], texts[10:20], texts[20:]]


def test_a_batching_window_ends_by_the_accounts_clock(stream: Stream) -> None:
    stream.functions.make(FINE)
    stream.map(MaximumBatchingWindowInSeconds=300, BatchSize=3)
    stream.put("a", "b")
    settle()
    assert stream.log() == []
    clock.advance(seconds=300, of=stream.control)
    eventually(stream.log)
    assert stream.given() == [["a", "b"]]
    stream.put("c", "d", "e")
    eventually(lambda: len(stream.log()) == 2)
    assert stream.given()[1] == ["c", "d", "e"]


def test_a_batch_has_at_most_6_mib_of_event(stream: Stream) -> None:
    quotas_off(stream.control)
    stream.functions.make(FINE, Timeout=60)
    for name in "abcdefgh":
        stream.put(name + "x" * 1_000_000)
    stream.map()
    eventually(lambda: len(stream.done()) == 8)
    assert max(len(batch) for batch in stream.given()) == 4  # 1.33 MB each in base64


def test_a_record_beyond_6_mib_goes_straight_to_the_destination(stream: Stream) -> None:
    quotas_off(stream.control)
    stream.kinesis.update_max_record_size(StreamARN=stream.arn, MaxRecordSizeInKiB=10_240)
    stream.functions.make(FINE)
    stream.put("x" * 6_000_000, "small")
    queue = Queue(stream.variables)
    stream.map(DestinationConfig={"OnFailure": {"Destination": queue.arn}}, BatchSize=1)
    eventually(lambda: stream.done() == ["small"])
    assert len(stream.given()) == 1
    assert queue.messages()[0]["KinesisBatchInfo"]["batchSize"] == 1


# Starting positions


def test_where_a_mapping_begins(stream: Stream) -> None:
    for name in ("horizon", "latest", "moment"):
        stream.functions.make(FINE, name=name)
    stream.put("old")
    clock.advance(hours=1, of=stream.control)
    between = clock.now(stream.control)
    time.sleep(0.01)
    stream.put("young")
    stream.map("horizon", StartingPosition="TRIM_HORIZON")
    stream.map("latest", StartingPosition="LATEST")
    stream.map("moment", StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=between)
    stream.put("new")
    eventually(lambda: stream.done("horizon") == ["old", "young", "new"])
    eventually(lambda: stream.done("moment") == ["young", "new"])
    eventually(lambda: stream.done("latest") == ["new"])


def test_a_start_in_the_future_is_refused(stream: Stream) -> None:
    stream.functions.make(FINE)
    later = clock.now(stream.control) + timedelta(hours=1)
    with pytest.raises(ClientError) as caught:
        stream.map(StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=later)
    assert code(caught.value) == "InvalidParameterValueException"
    assert stream.functions.api.list_event_source_mappings()["EventSourceMappings"] == []


# Order


def test_a_failed_batch_blocks_its_shard_and_no_other(
    fresh_account: Mapping[str, str], control: Control
) -> None:
    stream = Stream(fresh_account, control)
    stream.create(shards=2)
    stream.functions.make(POISON)
    stream.put("bad", "a", shard=0)
    stream.put("b", "c", shard=1)
    stream.map(BatchSize=1)
    eventually(lambda: stream.done() == ["b", "c"])
    eventually(lambda: stream.given().count(["bad"]) >= 3)
    assert ["a"] not in stream.given()
    attempts = [one["attempt"] for one in stream.log() if stream.texts(one) == ["bad"]]
    assert attempts == list(range(len(attempts)))


def test_with_a_parallelization_factor_each_key_stays_in_order(stream: Stream) -> None:
    stream.functions.make("import time\ndef handler(event, context):\n    time.sleep(0.2)\n")
    keys = [f"key-{number}" for number in range(8)]
    for round_ in range(3):
        for key in keys:
            stream.put(f"{key}:{round_}", key=key)
    stream.map(ParallelizationFactor=4, BatchSize=2)
    eventually(lambda: len(stream.done()) == 24)
    for key in keys:
        mine = [text for text in stream.done() if text.startswith(f"{key}:")]
        assert mine == [f"{key}:{round_}" for round_ in range(3)]
    spans = [(one["at"], one["at"] + one["seconds"]) for one in stream.log()]
    most = max(sum(start <= moment < end - 0.01 for start, end in spans) for moment, _ in spans)
    assert 2 <= most <= 4


def test_one_batch_of_a_shard_at_a_time_without_it(stream: Stream) -> None:
    stream.functions.make("import time\ndef handler(event, context):\n    time.sleep(0.2)\n")
    stream.put(*"abcdef")
    stream.map(BatchSize=1)
    eventually(lambda: stream.done() == list("abcdef"))
    spans = [(one["at"], one["at"] + one["seconds"]) for one in stream.log()]
    assert all(end <= start + 0.005 for (_, end), (start, _) in itertools.pairwise(spans))


def test_children_wait_until_their_parents_are_done(stream: Stream) -> None:
    stream.functions.make(POISON)
    stream.put("a", "bad")
    parent = shards_of(stream.kinesis)[0]["ShardId"]
    half = str((LARGEST_HASH_KEY + 1) // 2)
    stream.kinesis.split_shard(StreamName="orders", ShardToSplit=parent, NewStartingHashKey=half)
    stream.put("left", shard=0)
    stream.put("right", shard=1)
    mapping = stream.map(BatchSize=1)
    eventually(lambda: stream.given().count(["bad"]) >= 3)
    assert stream.done() == ["a"]
    stream.functions.api.update_event_source_mapping(UUID=mapping, MaximumRetryAttempts=0)
    eventually(lambda: sorted(stream.done()) == ["a", "left", "right"])
    assert stream.given_up() == [("RetryAttemptsExhausted", ["bad"])]


def test_a_merge_is_read_after_both_parents(fresh_account: Mapping[str, str], control: Control) -> None:
    stream = Stream(fresh_account, control)
    stream.create(shards=2)
    stream.functions.make(FINE)
    stream.map(StartingPosition="LATEST")
    stream.put("one", shard=0)
    stream.put("two", shard=1)
    low, high = (one["ShardId"] for one in shards_of(stream.kinesis))
    stream.kinesis.merge_shards(StreamName="orders", ShardToMerge=low, AdjacentShardToMerge=high)
    stream.put("three")
    eventually(lambda: len(stream.done()) == 3)
    assert stream.done()[2] == "three"


# Failures


def test_retries_are_counted_after_the_first_try(stream: Stream) -> None:
    stream.functions.make(POISON)
    stream.put("bad", "a")
    stream.map(MaximumRetryAttempts=2)
    eventually(stream.given_up)
    assert stream.given() == [["bad", "a"]] * 3
    assert stream.given_up() == [("RetryAttemptsExhausted", ["bad", "a"])]
    stream.put("b")
    eventually(lambda: stream.done() == ["b"])


def test_records_are_given_up_at_their_largest_age(stream: Stream) -> None:
    stream.functions.make(POISON)
    stream.put("bad")
    stream.map(MaximumRecordAgeInSeconds=60)
    eventually(lambda: len(stream.given()) >= 2)
    clock.advance(seconds=61, of=stream.control)
    eventually(stream.given_up)
    assert stream.given_up() == [("RecordAgeExceeded", ["bad"])]
    stream.put("a")
    eventually(lambda: stream.done() == ["a"])


def test_without_limits_a_poison_record_blocks_until_it_expires(stream: Stream) -> None:
    stream.functions.make(POISON)
    stream.put("bad")
    queue = Queue(stream.variables)
    stream.map(DestinationConfig={"OnFailure": {"Destination": queue.arn}})
    eventually(lambda: len(stream.given()) >= 3)
    clock.advance(hours=25, of=stream.control)
    stream.put("a")
    eventually(lambda: stream.done() == ["a"])
    assert stream.given_up() == [("Expired", ["bad"])]
    assert queue.messages() == []


def test_bisecting_finds_the_poison_record(stream: Stream) -> None:
    stream.functions.make(POISON)
    stream.put(*"abc", "bad", *"defg")
    stream.map(BisectBatchOnFunctionError=True, MaximumRetryAttempts=0)
    eventually(lambda: stream.given_up())
    eventually(lambda: sorted(stream.done()) == list("abcdefg"))
    assert stream.given_up() == [("RetryAttemptsExhausted", ["bad"])]
    assert [len(batch) for batch in stream.given()] == [8, 4, 2, 2, 1, 1, 4]
    assert stream.done() == list("abcdefg")


def test_a_partial_answer_goes_on_from_the_reported_record(stream: Stream) -> None:
    stream.functions.make(PARTIAL)
    stream.put("a", "b", "bad", "c")
    stream.map(FunctionResponseTypes=["ReportBatchItemFailures"], MaximumRetryAttempts=2)
    eventually(stream.given_up)
    assert stream.given() == [["a", "b", "bad", "c"], ["bad", "c"], ["bad", "c"]]
    assert [one["failed_from"] for one in stream.log()][:3] == [2, 0, 0]
    assert stream.given_up() == [("RetryAttemptsExhausted", ["bad", "c"])]
    assert stream.done() == ["a", "b"]


def test_a_partial_answer_is_ignored_unless_switched_on(stream: Stream) -> None:
    stream.functions.make(PARTIAL)
    stream.put("a", "bad", "c")
    stream.map()
    eventually(lambda: stream.done() == ["a", "bad", "c"])


def test_partial_answers_with_bisecting_lose_only_the_poison(stream: Stream) -> None:
    stream.functions.make(PARTIAL)
    stream.put("a", "b", "bad", "c", "d")
    stream.map(
        FunctionResponseTypes=["ReportBatchItemFailures"],
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=0,
    )
    eventually(lambda: stream.done() == ["a", "b", "c", "d"])
    assert stream.given() == [
        ["a", "b", "bad", "c", "d"],
        ["bad", "c", "d"],
        ["bad", "c"],
        ["bad"],
        ["c"],
        ["d"],
    ]
    assert stream.given_up() == [("RetryAttemptsExhausted", ["bad"])]


# Destinations


class Queue:
    """A queue of SQS."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.sqs = client(variables, "sqs")
        self.url = self.sqs.create_queue(QueueName="failed")["QueueUrl"]
        told = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])
        self.arn = told["Attributes"]["QueueArn"]

    def messages(self) -> list[dict[str, Any]]:
        found = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in found]


def test_a_queue_is_told_where_the_records_are_and_not_what_they_are(stream: Stream) -> None:
    queue = Queue(stream.variables)
    arn = stream.functions.make(POISON)
    stream.put("bad", "secret")
    stream.map(MaximumRetryAttempts=1, DestinationConfig={"OnFailure": {"Destination": queue.arn}})
    eventually(stream.given_up)
    (message,) = queue.messages()
    first, last = stream.numbers
    info = message["KinesisBatchInfo"]
    assert (info["startSequenceNumber"], info["endSequenceNumber"]) == (first, last)
    assert (info["shardId"], info["batchSize"]) == ("shardId-000000000000", 2)
    assert info["streamArn"] == stream.arn
    assert message["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert message["requestContext"]["functionArn"] == arn
    assert message["requestContext"]["approximateInvokeCount"] == 2
    assert "payload" not in message
    iterator = stream.kinesis.get_shard_iterator(
        StreamName="orders",
        ShardId=info["shardId"],
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        StartingSequenceNumber=info["startSequenceNumber"],
    )["ShardIterator"]
    found = stream.kinesis.get_records(ShardIterator=iterator, Limit=info["batchSize"])["Records"]
    assert [record["Data"] for record in found] == [b"bad", b"secret"]


def test_a_bucket_gets_the_records_too(stream: Stream) -> None:
    s3 = client(stream.variables, "s3")
    bucket = f"failed-{stream.functions.account}"
    s3.create_bucket(Bucket=bucket)
    stream.functions.make(POISON)
    stream.put("bad")
    mapping = stream.map(
        MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}}
    )
    eventually(stream.given_up)
    (found,) = s3.list_objects_v2(Bucket=bucket)["Contents"]
    now = clock.now(stream.control)
    assert found["Key"].startswith(f"aws/lambda/{mapping}/shardId-000000000000/{now:%Y/%m/%d}/")
    told = json.loads(s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read())
    (record,) = json.loads(told["payload"])["Records"]
    assert record["kinesis"]["data"] == "YmFk"
    assert told["KinesisBatchInfo"]["batchSize"] == 1


def test_a_destination_that_is_gone_holds_nothing_up(stream: Stream) -> None:
    stream.functions.make(POISON)
    stream.put("bad", "a")
    gone = f"arn:aws:sqs:us-east-1:{stream.functions.account}:gone"
    stream.map(BatchSize=1, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": gone}})
    eventually(lambda: stream.done() == ["a"])
    (entry,) = [one for one in stream.log() if one["outcome"] == "given_up"]
    assert "failed: " in entry["destination"]


# Filters


def test_only_records_that_match_are_handed_on(stream: Stream) -> None:
    stream.functions.make(FINE)
    patterns = ({"data": {"price": [{"numeric": [">", 100]}]}}, {"data": {"kind": [{"prefix": "refund"}]}})
    dear, cheap = json.dumps({"price": 101}), json.dumps({"price": 100, "kind": 7})
    refund = json.dumps({"kind": "refunded", "price": "none"})
    stream.put(cheap, "no JSON", dear, "[1]", refund, cheap)
    stream.map(FilterCriteria={"Filters": [{"Pattern": json.dumps(one)} for one in patterns]})
    eventually(lambda: stream.done() == [dear, refund])
    settle()
    assert [text for batch in stream.given() for text in batch] == [dear, refund]


# Tumbling windows

COUNT = """
import itertools
import json
def handler(event, context):
    print(json.dumps({name: event[name] for name in event if name != "Records"}))
    state = event["state"]
    state["count"] = state.get("count", 0) + len(event["Records"])
    return {"state": state}
"""


def windows_of(stream: Stream) -> list[tuple[Any, bool, int]]:
    """(state before, whether it is the last, records) of each invocation."""
    found = []
    for one in stream.log():
        told = json.loads(one["printed"])
        assert told["shardId"] == one["shard"]
        assert told["eventSourceARN"] == stream.arn
        found.append((told["state"], told["isFinalInvokeForWindow"], one["records"]))
    return found


def to_the_beginning_of_a_window(control: Control, seconds: int) -> None:
    now = clock.now(control).timestamp()
    clock.advance(seconds=seconds - now % seconds + 1, of=control)


def test_a_window_counts_with_its_state_and_is_closed_by_a_last_call(stream: Stream) -> None:
    stream.functions.make(COUNT)
    to_the_beginning_of_a_window(stream.control, 600)
    stream.map(TumblingWindowInSeconds=600, BatchSize=2)
    stream.put("a", "b", "c")
    eventually(lambda: len(stream.log()) == 2)
    settle(1.5)
    assert windows_of(stream) == [({}, False, 2), ({"count": 2}, False, 1)]
    clock.advance(seconds=600, of=stream.control)
    eventually(lambda: len(stream.log()) == 3)
    assert windows_of(stream)[2] == ({"count": 3}, True, 0)
    stream.put("d")
    eventually(lambda: len(stream.log()) == 4)
    assert windows_of(stream)[3] == ({}, False, 1)
    first, last = stream.log()[0]["window"], stream.log()[3]["window"]
    assert last[0] - first[0] == 600


def test_records_of_two_windows_are_never_in_one_batch(stream: Stream) -> None:
    stream.functions.make(COUNT)
    to_the_beginning_of_a_window(stream.control, 60)
    stream.put("a", "b")
    clock.advance(seconds=60, of=stream.control)
    stream.put("c")
    stream.map(TumblingWindowInSeconds=60)
    eventually(lambda: len(stream.log()) == 3)
    assert windows_of(stream) == [({}, False, 2), ({"count": 2}, True, 0), ({}, False, 1)]


def test_an_answer_without_state_is_a_failure(stream: Stream) -> None:
    stream.functions.make("def handler(event, context):\n    return {}\n")
    stream.put("a")
    stream.map(TumblingWindowInSeconds=60, MaximumRetryAttempts=1)
    eventually(stream.given_up)
    assert [(one["outcome"], one["error"]) for one in stream.log()[:2]] == [("error", "NoState")] * 2


def test_a_state_beyond_1_mb_ends_the_window_early(stream: Stream) -> None:
    stream.functions.make(
        """
        def handler(event, context):
            print(event["isFinalInvokeForWindow"], event["isWindowTerminatedEarly"])
            return {"state": "x" * 2**20}
        """,
        Timeout=30,
    )
    stream.put("a")
    stream.map(TumblingWindowInSeconds=900)
    eventually(lambda: len(stream.log()) == 2)
    assert [one["printed"].strip() for one in stream.log()] == ["False False", "True True"]


def test_the_end_of_a_shard_closes_its_window(stream: Stream) -> None:
    stream.functions.make(COUNT)
    to_the_beginning_of_a_window(stream.control, 900)
    stream.put("a")
    half = str((LARGEST_HASH_KEY + 1) // 2)
    shard = shards_of(stream.kinesis)[0]["ShardId"]
    stream.map(TumblingWindowInSeconds=900)
    stream.kinesis.split_shard(StreamName="orders", ShardToSplit=shard, NewStartingHashKey=half)
    stream.put("b", shard=0)
    eventually(lambda: len(stream.log()) == 3)
    assert windows_of(stream) == [({}, False, 1), ({"count": 1}, True, 0), ({}, False, 1)]


# Switching, changing, several


def test_a_disabled_mapping_waits_and_goes_on_where_it_was(stream: Stream) -> None:
    stream.functions.make(FINE)
    mapping = stream.map(Enabled=False)
    stream.put("a")
    settle()
    assert stream.log() == []
    assert stream.state(mapping)[0] == "Disabled"
    api = stream.functions.api
    assert api.update_event_source_mapping(UUID=mapping, Enabled=True)["State"] == "Enabling"
    eventually(lambda: stream.done() == ["a"])
    assert stream.state(mapping) == ("Enabled", "OK")
    assert api.update_event_source_mapping(UUID=mapping, Enabled=False)["State"] == "Disabling"
    stream.put("b")
    settle()
    api.update_event_source_mapping(UUID=mapping, Enabled=True)
    eventually(lambda: stream.done() == ["a", "b"])


def test_a_mapping_waits_for_a_key_that_is_disabled(stream: Stream) -> None:
    kms = client(stream.variables, "kms")
    key = kms.create_key()["KeyMetadata"]
    stream.kinesis.start_stream_encryption(StreamName="orders", EncryptionType="KMS", KeyId=key["Arn"])
    stream.put("a")
    kms.disable_key(KeyId=key["KeyId"])
    stream.functions.make(FINE)
    mapping = stream.map()
    eventually(lambda: stream.state(mapping)[1] == f"PROBLEM: {key['Arn']} is disabled.")
    kms.enable_key(KeyId=key["KeyId"])
    eventually(lambda: stream.done() == ["a"])


def test_a_change_is_for_the_next_batch_and_loses_no_order(stream: Stream) -> None:
    stream.functions.make(FINE)
    mapping = stream.map(BatchSize=2, MaximumBatchingWindowInSeconds=300)
    stream.put("a")
    settle(1.5)
    stream.functions.api.update_event_source_mapping(
        UUID=mapping, ParallelizationFactor=10, MaximumBatchingWindowInSeconds=0, BatchSize=100
    )
    stream.put("b", "c")
    eventually(lambda: stream.done() == ["a", "b", "c"])


def test_several_functions_read_one_stream_each_for_itself(stream: Stream) -> None:
    stream.functions.make(FINE, name="one")
    stream.functions.make(POISON, name="two")
    stream.put("bad", "a")
    stream.map("one")
    stream.map("two", BatchSize=1)
    eventually(lambda: stream.done("one") == ["bad", "a"])
    eventually(lambda: len(stream.given("two")) >= 2)
    assert stream.done("two") == []


def test_one_mapping_for_a_stream_and_a_function(stream: Stream) -> None:
    stream.functions.make(FINE)
    mapping = stream.map()
    with pytest.raises(ClientError) as caught:
        stream.map()
    assert code(caught.value) == "ResourceConflictException"
    assert mapping in str(caught.value)


def test_a_deleted_mapping_invokes_nothing_any_more(stream: Stream) -> None:
    stream.functions.make(POISON)
    stream.put("bad")
    mapping = stream.map()
    eventually(lambda: len(stream.log()) >= 2)
    api = stream.functions.api
    assert api.delete_event_source_mapping(UUID=mapping)["State"] == "Deleting"
    time.sleep(1.5)
    count = len(stream.log())
    settle()
    assert len(stream.log()) == count
    with pytest.raises(ClientError) as caught:
        api.get_event_source_mapping(UUID=mapping)
    assert code(caught.value) == "ResourceNotFoundException"


def test_mappings_are_listed_by_stream_and_function(stream: Stream) -> None:
    for name in "ab":
        stream.functions.make(FINE, name=name)
        stream.map(name)
    listed = stream.functions.api.list_event_source_mappings
    assert len(listed(EventSourceArn=stream.arn)["EventSourceMappings"]) == 2
    (one,) = listed(FunctionName="a")["EventSourceMappings"]
    assert one["FunctionArn"].endswith(":function:a")
    assert (one["BatchSize"], one["MaximumRetryAttempts"], one["ParallelizationFactor"]) == (100, -1, 1)
    assert one["State"] == "Enabled"


def test_problems_are_told_by_the_mapping(stream: Stream) -> None:
    stream.functions.make(POISON)
    stream.put("bad")
    mapping = stream.map()
    eventually(lambda: stream.state(mapping)[1] == "PROBLEM: Function call failed")
    stream.functions.api.delete_function(FunctionName="worker")
    eventually(lambda: stream.state(mapping)[1] == "PROBLEM: Function not found")
    stream.functions.make(FINE)
    eventually(lambda: stream.done() == ["bad"])
    stream.kinesis.delete_stream(StreamName="orders")
    eventually(lambda: stream.state(mapping)[1] == "PROBLEM: Stream not found")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"BatchSize": 10_001}, "InvalidParameterValueException"),
        ({"MaximumRecordAgeInSeconds": 59}, "InvalidParameterValueException"),
        ({"StartingPosition": "AT_TIMESTAMP"}, "InvalidParameterValueException"),
        ({"ScalingConfig": {"MaximumConcurrency": 5}}, "NotInTheLab"),
        ({"ProvisionedPollerConfig": {"MinimumPollers": 1}}, "NotInTheLab"),
        (
            {"FilterCriteria": {"Filters": [{"Pattern": '{"data": {"a": [{"regex": "x"}]}}'}]}},
            "InvalidParameterValueException",
        ),
    ],
)
def test_bad_settings_make_no_mapping(stream: Stream, settings: dict[str, Any], expected: str) -> None:
    stream.functions.make(FINE)
    with pytest.raises(ClientError) as caught:
        stream.map(**settings)
    assert code(caught.value) == expected
    assert stream.functions.api.list_event_source_mappings()["EventSourceMappings"] == []


def test_the_age_of_the_last_record_is_a_metric(stream: Stream) -> None:
    from tests.lab.emulator.functions.test_invoking import metric

    stream.functions.make(FINE)
    stream.put("a")
    clock.advance(seconds=120, of=stream.control)
    stream.map()
    eventually(lambda: stream.done() == ["a"])
    assert 120_000 <= metric(stream.variables, "IteratorAge", "Maximum") < 180_000
    assert metric(stream.variables, "Invocations") == 1
    assert metric(stream.variables, "Errors") == 0
