"""Streams and buckets brought into a wanted state, judged from the lab's side."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from grader.tasks.scenarios import BucketState, StreamState
from lab.control import Control

from .conftest import PlayIt

Client = Callable[[str], Any]


def test_a_stream_in_the_wanted_state(run: PlayIt, learner_s_client: Client) -> None:
    kinesis = learner_s_client("kinesis")

    def keep(stream_name: str, stream_arn: str, hours: int) -> None:
        summary = kinesis.describe_stream_summary(StreamName=stream_name)["StreamDescriptionSummary"]
        if summary["RetentionPeriodHours"] < hours:
            kinesis.increase_stream_retention_period(StreamName=stream_name, RetentionPeriodHours=hours)
        if summary["OpenShardCount"] < 2:
            kinesis.update_shard_count(
                StreamName=stream_name, TargetShardCount=2, ScalingType="UNIFORM_SCALING"
            )

    wanted = {"retention_hours": 48, "shards": 2, "mode": "PROVISIONED", "encryption": "NONE"}
    played = run(StreamState(wanted, arguments={"hours": 48}), keep)
    assert (played.verdict.broken, played.no_answer) == ({}, None)


@pytest.mark.parametrize(
    ("deed", "criterion"),
    [
        (lambda kinesis, name: None, "state"),
        (
            lambda kinesis, name: [
                kinesis.update_shard_count(StreamName=s, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
                for s in kinesis.list_streams()["StreamNames"]
            ],
            "others_untouched",
        ),
        (lambda kinesis, name: double(kinesis, name), "repeatable"),
    ],
)
def test_what_breaks_each_criterion(
    run: PlayIt, learner_s_client: Client, deed: Callable[[Any, str], Any], criterion: str
) -> None:
    kinesis = learner_s_client("kinesis")
    played = run(
        StreamState({"shards": 2}), lambda stream_name, stream_arn: deed(kinesis, stream_name) and None
    )
    assert list(played.verdict.broken) == [criterion]


def double(kinesis: Any, stream: str) -> None:
    has = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]["OpenShardCount"]
    kinesis.update_shard_count(StreamName=stream, TargetShardCount=2 * has, ScalingType="UNIFORM_SCALING")


def test_a_policy_by_what_it_allows(run: PlayIt, learner_s_client: Client) -> None:
    kinesis = learner_s_client("kinesis")
    reader = "arn:aws:iam::444455556666:role/reader"
    asked = {"says": "the reader reads", "caller": reader, "action": "kinesis:GetRecords", "allowed": True}
    too_much = {
        "says": "the reader writes",
        "caller": reader,
        "action": "kinesis:PutRecord",
        "allowed": False,
    }

    def share(*actions: str) -> Callable[..., None]:
        def function(stream_name: str, stream_arn: str) -> None:
            statement = {"Sid": "share", "Effect": "Allow", "Principal": {"AWS": reader},
                         "Action": list(actions), "Resource": stream_arn}  # fmt: skip
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            kinesis.put_resource_policy(ResourceARN=stream_arn, Policy=policy)

        return function

    scenario = StreamState({"policy": [asked, too_much]})
    assert run(scenario, share("kinesis:GetRecords")).verdict.broken == {}
    broken = run(scenario, share("kinesis:GetRecords", "kinesis:PutRecord")).verdict.broken
    assert broken == {"state": "the stream's policy also allows that the reader writes."}


def test_objects_in_a_bucket(run: PlayIt, learner_s_client: Client) -> None:
    s3 = learner_s_client("s3")

    def write(bucket: str, texts: dict[str, str]) -> None:
        for key, text in texts.items():
            s3.put_object(Bucket=bucket, Key=key, Body=text.encode())

    texts = {"a.txt": "one", "b.txt": "two"}
    assert run(BucketState(texts, arguments={"texts": texts}), write).verdict.broken == {}
    told = BucketState({"a.txt": "three", "c.txt": "four"}, arguments={"texts": texts})
    assert set(run(told, write).verdict.broken) == {"complete", "content", "nothing_else"}


def test_what_leaves_nothing_to_judge(run: PlayIt, learner_s_client: Client) -> None:
    kinesis = learner_s_client("kinesis")
    played = run(
        StreamState({"shards": 2}),
        lambda stream_name, stream_arn: kinesis.delete_stream(StreamName=stream_name) and None,
    )
    assert "is gone" in str(played.spoiled)


def test_nothing_is_left_and_the_switches_are_as_before(
    run: PlayIt, learner_s_client: Client, switches: Control
) -> None:
    switches.set("quotas", mode="aws", scale=0.5)
    run(StreamState({"shards": 1}), lambda stream_name, stream_arn: None)
    assert learner_s_client("kinesis").list_streams()["StreamNames"] == []
    assert switches.look("quotas") == {"mode": "aws", "scale": 0.5}
    assert switches.look("faults") == {"rules": []}
