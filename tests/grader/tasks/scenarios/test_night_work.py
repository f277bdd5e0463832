"""Launch night's producer, policies and handler: right under many seeds, and each part alone can be lost."""

import base64
import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pytest

from grader.engine.plan import load_plan
from grader.tasks.scenarios import Admitting, Consuming, Producing, from_data, to_data
from grader.tasks.scenarios.stage import Played, Stage, play
from tests.grader.conftest import ROOT
from tests.grader.tasks.scenarios.test_processing import Here

from .conftest import PlayIt

RUNS = {task.id: task.runs for task in load_plan(ROOT, "11-capstone").tasks if task.runs is not None}


def drawn(task: str, count: int) -> list[Any]:
    """Hidden runs of a task, by seeds."""
    return [RUNS[task].hidden(Random(seed)) for seed in range(count)]


HANDLER = """
def make_handler(store):
    def handler(event, context):
        for record in event["Records"]:
            number = record["kinesis"]["sequenceNumber"]
            try:
                fact = json.loads(base64.b64decode(record["kinesis"]["data"]))
                store(fact["id"], fact)
            except (ValueError, ConnectionError):
                return {"batchItemFailures": [{"itemIdentifier": number}]}
        return {"batchItemFailures": []}
    return handler
"""


def handled(source: str, scenario: Consuming) -> Played:
    namespace: dict[str, Any] = {"json": json, "base64": base64}
    exec(source, namespace)
    return play(scenario, False, lambda: Stage(None, Here(namespace), "make_handler", 5.0))


@pytest.mark.parametrize("scenario", [*RUNS["handler"].visible, *drawn("handler", 40)])
def test_a_right_handler(scenario: Consuming) -> None:
    assert handled(HANDLER, scenario).verdict.broken == {}


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        ('store(fact["id"], fact)', "store(number, fact)", {"one_row"}),
        ('store(fact["id"], fact)', "store(fact['id'], {**fact, 'n': 0})", set(Consuming.criteria)),
        ("except (ValueError, ConnectionError):", "except ConnectionError:", {"progress"}),
        (
            'return {"batchItemFailures": [{"itemIdentifier": number}]}',
            "continue",
            {"nothing_lost", "reports"},
        ),
        ('store(fact["id"], fact)', "pass", set(Consuming.criteria)),
    ],
)
@pytest.mark.parametrize("scenario", drawn("handler", 8))
def test_what_a_handler_does_wrong(scenario: Consuming, before: str, after: str, lost: set[str]) -> None:
    assert before in HANDLER
    assert handled(HANDLER.replace(before, after, 1), scenario).verdict.broken.keys() == lost


def producer(
    client: Callable[[str], Any], size: int = 500, salt: bool = True, again: bool = True, skip: int = 0
) -> Callable[..., None]:
    """The right producer, but for what is changed."""

    def produce(stream_name: str, events: Sequence[dict[str, Any]]) -> None:
        kinesis = client("kinesis")
        waiting = [
            {
                "PartitionKey": f"partner#{event['n'] % 8}"
                if salt and event["source"] == "partner"
                else event["source"],
                "Data": json.dumps(event).encode(),
            }
            for event in events[skip:]
        ]
        while waiting:
            answer = kinesis.put_records(StreamName=stream_name, Records=waiting[:size])
            told = zip(waiting, answer["Records"], strict=False)
            failed = [entry for entry, result in told if "ErrorCode" in result]
            waiting = (failed if again else []) + waiting[size:]

    return produce


@pytest.mark.parametrize("scenario", drawn("produce", 3))
def test_a_right_producer(run: PlayIt, learner_s_client: Callable[[str], Any], scenario: Producing) -> None:
    played = run(scenario, producer(learner_s_client))
    assert played.spoiled is None
    assert played.verdict.broken == {}


@pytest.mark.parametrize(
    ("changed", "lost"),
    [
        ({"salt": False}, {"partner"}),
        ({"again": False}, {"complete", "once"}),
        ({"size": 30}, {"calls"}),
        ({"skip": 1}, {"complete"}),
        ({"skip": 10_000}, set(Producing.criteria)),
    ],
)
def test_what_a_producer_does_wrong(
    run: PlayIt, learner_s_client: Callable[[str], Any], changed: dict[str, Any], lost: set[str]
) -> None:
    played = run(RUNS["produce"].visible[1], producer(learner_s_client, **changed))
    assert played.verdict.broken.keys() == lost, played.verdict.broken


def test_who_stored_nothing_is_not_told_to_look_at_what_was_refused() -> None:
    scenario = RUNS["produce"].visible[1]
    assert isinstance(scenario, Producing)
    night = scenario.minutes()
    records = [
        {"PartitionKey": scenario.key_of(one), "Data": json.dumps(one), "ShardId": "shard-0"}
        for one in night[0]
    ]
    assert scenario.judge(night, records, 1).sign == "ignores_failures"
    assert scenario.judge(night, [], 1).sign is None


def allow(*actions: str, on: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on}


READS = ("kinesis:ListShards", "kinesis:GetShardIterator", "kinesis:GetRecords")


def policy_for(role: str, stream_arn: str, bucket_arn: str) -> dict[str, Any]:
    """The least for each role."""
    statements = {
        "producer": [allow("kinesis:PutRecords", on=stream_arn)],
        "consumer": [allow("kinesis:DescribeStreamSummary", *READS, on=stream_arn)],
        "delivery": [
            allow("kinesis:DescribeStream", *READS, on=stream_arn),
            allow("s3:PutObject", on=f"{bucket_arn}/*"),
            allow("s3:ListBucket", on=bucket_arn),
        ],
        "operator": [
            allow("kinesis:DescribeStreamSummary", on=stream_arn),
            allow("kinesis:UpdateShardCount", "cloudwatch:PutMetricAlarm", on="*"),
        ],
    }
    return {"Version": "2012-10-17", "Statement": statements[role]}


def changed_for(role: str, policy: Any) -> Callable[..., Any]:
    """The least for each role, but for one, which has POLICY."""
    return lambda **asked: policy if asked["role"] == role else policy_for(**asked)


@pytest.mark.parametrize("scenario", drawn("policies", 2))
def test_the_least_policies(run: PlayIt, scenario: Admitting) -> None:
    assert run(scenario, policy_for).verdict.broken == {}
    assert run(scenario, lambda **asked: json.dumps(policy_for(**asked))).verdict.broken == {}


STAR = {"Version": "2012-10-17", "Statement": [allow("*", on="*")]}


@pytest.mark.parametrize(
    ("role", "policy"),
    [
        *((role, STAR) for role in Admitting.criteria),
        *(("consumer", one) for one in ({}, "", None, 7, "no JSON", {"Statement": "x"})),
    ],
)
def test_each_role_is_judged_alone(run: PlayIt, role: str, policy: Any) -> None:
    played = run(Admitting(), changed_for(role, policy))
    assert played.spoiled is None
    assert played.no_answer is None
    assert played.verdict.broken.keys() == {role}, played.verdict.broken


@pytest.mark.parametrize("scenario", [drawn(task, 1)[0] for task in ("policies", "produce", "handler")])
def test_goes_through_json(scenario: Any) -> None:
    assert from_data(to_data(scenario)) == scenario
