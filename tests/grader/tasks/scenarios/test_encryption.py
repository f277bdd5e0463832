"""The scenario `encryption`: what a right function does passes, and each way to go wrong is told apart."""

from collections.abc import Callable
from typing import Any

import pytest

from grader.tasks.scenarios import Encryption, from_data, to_data

from .conftest import PlayIt

Client = Callable[[str], Any]
RUN = Encryption(records=5, shards=2, seed=7)


def start(kinesis: Any, stream: str, key: str) -> None:
    kinesis.start_stream_encryption(StreamName=stream, EncryptionType="KMS", KeyId=key)
    wait(kinesis, stream)


def wait(kinesis: Any, stream: str) -> None:
    waiting = {"Delay": 0.1, "MaxAttempts": 100}
    kinesis.get_waiter("stream_exists").wait(StreamName=stream, WaiterConfig=waiting)


def put(kinesis: Any, stream: str) -> str:
    answer = kinesis.put_record(StreamName=stream, PartitionKey="proof", Data=b"proof")
    return str(answer["SequenceNumber"])


def records(kinesis: Any, stream: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
        place = kinesis.get_shard_iterator(
            StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )
        found += kinesis.get_records(ShardIterator=place["ShardIterator"])["Records"]
    return found


@pytest.mark.parametrize("form", [lambda key: key, lambda key: key.rpartition("/")[2]])
def test_encrypted_and_proved(run: PlayIt, learner_s_client: Client, form: Callable[[str], str]) -> None:
    """The key may be named by ARN or by id."""
    kinesis = learner_s_client("kinesis")

    def function(stream_name: str, key_arn: str) -> str:
        start(kinesis, stream_name, form(key_arn))
        return put(kinesis, stream_name)

    played = run(RUN, function)
    assert (played.verdict.broken, played.verdict.sign, played.no_answer) == ({}, None, None)


def only_starts(kinesis: Any, stream: str, key: str) -> Any:
    start(kinesis, stream, key)


def does_nothing(kinesis: Any, stream: str, key: str) -> str:
    return put(kinesis, stream)


def returns_none(kinesis: Any, stream: str, key: str) -> None:
    pass


def touches_another(kinesis: Any, stream: str, key: str) -> None:
    kinesis.create_stream(StreamName="beside", ShardCount=1)
    wait(kinesis, "beside")
    start(kinesis, "beside", key)


def other_key(kinesis: Any, stream: str, key: str) -> str:
    start(kinesis, stream, "alias/aws/kinesis")
    return put(kinesis, stream)


def old_record(kinesis: Any, stream: str, key: str) -> str:
    start(kinesis, stream, key)
    return str(records(kinesis, stream)[0]["SequenceNumber"])


def too_early(kinesis: Any, stream: str, key: str) -> str:
    proof = put(kinesis, stream)
    start(kinesis, stream, key)
    return proof


def invented(kinesis: Any, stream: str, key: str) -> str:
    start(kinesis, stream, key)
    return "49" + "0" * 54


def stops_again(kinesis: Any, stream: str, key: str) -> str:
    start(kinesis, stream, key)
    proof = put(kinesis, stream)
    kinesis.stop_stream_encryption(StreamName=stream, EncryptionType="KMS", KeyId=key)
    return proof


def anew(kinesis: Any, stream: str, key: str) -> str:
    kinesis.delete_stream(StreamName=stream)
    waiting = {"Delay": 0.1, "MaxAttempts": 100}
    kinesis.get_waiter("stream_not_exists").wait(StreamName=stream, WaiterConfig=waiting)
    kinesis.create_stream(StreamName=stream, ShardCount=1)
    wait(kinesis, stream)
    start(kinesis, stream, key)
    return put(kinesis, stream)


def writes_again(kinesis: Any, stream: str, key: str) -> str:
    old = records(kinesis, stream)
    start(kinesis, stream, key)
    for record in old:
        kinesis.put_record(StreamName=stream, PartitionKey=record["PartitionKey"], Data=record["Data"])
    return put(kinesis, stream)


@pytest.mark.parametrize(
    ("deed", "criteria", "sign"),
    [
        (only_starts, ["proof"], None),
        (does_nothing, ["key", "proof", "kept"], "not_started"),
        (returns_none, ["key", "proof", "kept"], "not_started"),
        (touches_another, ["key", "proof", "kept"], "not_started"),
        (other_key, ["key"], "managed_key"),
        (old_record, ["proof"], "old_record"),
        (too_early, ["proof"], "too_early"),
        (invented, ["proof"], None),
        (stops_again, ["key"], "not_started"),
        (anew, ["kept"], "anew"),
        (writes_again, ["kept"], "writes_again"),
    ],
)
def test_what_breaks_each_criterion(
    run: PlayIt,
    learner_s_client: Client,
    deed: Callable[[Any, str, str], Any],
    criteria: list[str],
    sign: str | None,
) -> None:
    kinesis = learner_s_client("kinesis")
    played = run(RUN, lambda stream_name, key_arn: deed(kinesis, stream_name, key_arn))
    assert (list(played.verdict.broken), played.verdict.sign) == (criteria, sign)


def test_the_keys_that_it_makes_do_not_stay(run: PlayIt, learner_s_client: Client) -> None:
    kms = learner_s_client("kms")
    run(Encryption(records=1), lambda stream_name, key_arn: None)
    states = [
        kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] for key in kms.list_keys()["Keys"]
    ]
    assert states == ["PendingDeletion"]


def test_it_is_data() -> None:
    assert from_data(to_data(RUN)) == RUN
