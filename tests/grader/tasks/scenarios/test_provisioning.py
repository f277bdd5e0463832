"""The scenario `provisioning`: what a right function does passes, and each way to go wrong is told apart."""

from collections.abc import Callable
from typing import Any

import pytest

from grader.tasks.scenarios import Provisioning, from_data, to_data

from .conftest import PlayIt

Client = Callable[[str], Any]
TAGS = {"managed-by": "tool", "owner": "shop"}
GAMES = {"games": {"shards": 1, "retention": 48, "tags": {"owner": "another team"}}}
RUN = Provisioning(
    {
        "web": {"shards": 9, "retention": 48, "tags": TAGS},
        "audit": {"shards": 2, "retention": 36, "tags": TAGS},
    },
    GAMES | {"web": {"shards": 3, "retention": 24, "tags": {"owner": "kim"}}},
)
HALF = Provisioning(
    RUN.wanted,
    RUN.there,
    [{"operation": "kinesis.IncreaseStreamRetentionPeriod", "requests": [1, 2, 3, 4, 5]}],
)


def right(kinesis: Any, wanted: dict[str, Any], tag: bool = True, most: int = 2) -> None:
    for name, want in wanted.items():
        if name not in kinesis.list_streams()["StreamNames"]:
            kinesis.create_stream(StreamName=name, ShardCount=want["shards"], Tags=want["tags"])
        now = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
        count = now["OpenShardCount"]
        while count != want["shards"]:
            count = min(want["shards"], most * count if most > 1 else count + 1)
            kinesis.update_shard_count(StreamName=name, TargetShardCount=count, ScalingType="UNIFORM_SCALING")
        if now["RetentionPeriodHours"] != want["retention"]:
            kinesis.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=want["retention"])
        told = kinesis.list_tags_for_stream(StreamName=name)["Tags"]
        if tag and not want["tags"].items() <= {(one["Key"], one["Value"]) for one in told}:
            kinesis.add_tags_to_stream(StreamName=name, Tags=want["tags"])


def nothing(kinesis: Any, wanted: dict[str, Any]) -> None:
    pass


def one_update(kinesis: Any, wanted: dict[str, Any]) -> None:
    right(kinesis, wanted, most=4)


def small_steps(kinesis: Any, wanted: dict[str, Any]) -> None:
    right(kinesis, wanted, most=1)


def no_tags(kinesis: Any, wanted: dict[str, Any]) -> None:
    right(kinesis, wanted, tag=False)


def tags_always(kinesis: Any, wanted: dict[str, Any]) -> None:
    right(kinesis, wanted)
    for name, want in wanted.items():
        kinesis.add_tags_to_stream(StreamName=name, Tags=want["tags"])


def cleans_up(kinesis: Any, wanted: dict[str, Any]) -> None:
    right(kinesis, wanted)
    for name in set(kinesis.list_streams()["StreamNames"]) - set(wanted):
        kinesis.delete_stream(StreamName=name)


def makes_anew(kinesis: Any, wanted: dict[str, Any]) -> None:
    for name in set(kinesis.list_streams()["StreamNames"]) & set(wanted):
        kinesis.delete_stream(StreamName=name)
        kinesis.get_waiter("stream_not_exists").wait(
            StreamName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )
    right(kinesis, wanted)


ALL = {"state", "steps", "again", "foreign"}


@pytest.mark.parametrize("scenario", [RUN, HALF])
def test_what_is_right_passes(run: PlayIt, learner_s_client: Client, scenario: Provisioning) -> None:
    kinesis = learner_s_client("kinesis")
    played = run(scenario, lambda wanted: right(kinesis, wanted))
    assert (played.verdict.broken, played.verdict.sign, played.no_answer) == ({}, None, None)
    assert kinesis.list_streams()["StreamNames"] == []


@pytest.mark.parametrize(
    ("function", "broken", "sign"),
    [
        (nothing, ALL, None),
        (one_update, ALL, "one_update"),
        (small_steps, {"steps"}, None),
        (no_tags, ALL, "no_tags"),
        (tags_always, {"again"}, "does_not_look"),
        (cleans_up, {"foreign"}, "cleans_up"),
        (makes_anew, ALL, "makes_anew"),
    ],
)
def test_what_is_wrong_is_told_apart(
    run: PlayIt, learner_s_client: Client, function: Any, broken: set[str], sign: str | None
) -> None:
    kinesis = learner_s_client("kinesis")
    verdict = run(RUN, lambda wanted: function(kinesis, wanted)).verdict
    assert (set(verdict.broken), verdict.sign) == (broken, sign)


def test_it_is_data() -> None:
    assert to_data(from_data(to_data(HALF))) == to_data(HALF)
