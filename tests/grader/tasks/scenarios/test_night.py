"""The scenarios of launch night: what is right passes, each way to go wrong loses its own criteria alone."""

from collections.abc import Callable
from typing import Any

import pytest

from grader.tasks.scenarios import Delivering, Watching, from_data, to_data

from .conftest import PlayIt

LINES: dict[str, Any] = {
    "Enabled": True,
    "Processors": [{"Type": "AppendDelimiterToRecord", "Parameters": []}],
}
DAY = "/day=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/"


def settings(seconds: float = 1, mib: int = 0, **changed: Any) -> Callable[..., dict[str, Any]]:
    """The right settings, but for a factor of the time, MiB more or fewer, and what is changed."""

    def function(
        role_arn: str, bucket_arn: str, folder: str, fresh_seconds: int, file_mib: int
    ) -> dict[str, Any]:
        right = {
            "RoleARN": role_arn,
            "BucketARN": bucket_arn,
            "Prefix": folder + DAY,
            "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
            "BufferingHints": {
                "IntervalInSeconds": int(fresh_seconds * seconds),
                "SizeInMBs": file_mib + mib,
            },
            "ProcessingConfiguration": LINES,
        }
        return {name: value for name, value in (right | changed).items() if value is not None}

    return function


DELIVERY = Delivering("comet", 120, 2)


@pytest.mark.parametrize(
    ("function", "lost", "sign"),
    [
        (settings(), set(), None),
        (settings(CompressionFormat="GZIP"), set(), None),
        (settings(seconds=2), {"fresh"}, "stale"),
        (settings(seconds=0.4), {"files"}, "hasty"),
        (settings(mib=-1), {"files"}, "small_files"),
        (settings(mib=3), {"files"}, "large_files"),
        (settings(BufferingHints=None), {"fresh", "files"}, "stale"),
        (settings(ProcessingConfiguration=None), {"lines"}, "joined"),
        (settings(Prefix="comet/", ErrorOutputPrefix=None), {"places"}, "default_prefix"),
        (settings(BufferingHints={"IntervalInSeconds": 9000, "SizeInMBs": 1}), {*DELIVERY.criteria}, None),
    ],
)
def test_a_delivery(run: PlayIt, function: Callable[..., Any], lost: set[str], sign: str | None) -> None:
    played = run(DELIVERY, function)
    assert played.spoiled is None
    assert played.no_answer is None
    assert played.verdict.broken.keys() == lost, played.verdict.broken
    assert played.verdict.sign == sign


def alarm(stream: str, metric: str, statistic: str, threshold: float, **more: Any) -> dict[str, Any]:
    return {
        "AlarmName": metric,
        "Namespace": "AWS/Kinesis",
        "MetricName": metric,
        "Dimensions": [{"Name": "StreamName", "Value": stream}],
        "Statistic": statistic,
        "Period": 60,
        "EvaluationPeriods": 3,
        "Threshold": threshold,
        "ComparisonOperator": "GreaterThanThreshold",
    } | more


def alarms(
    age: dict[str, Any] | None = None, writes: dict[str, Any] | None = None
) -> Callable[..., list[dict[str, Any]]]:
    """The right alarms, but for what is changed."""

    def function(stream_name: str, late_minutes: int) -> list[dict[str, Any]]:
        late = {"TreatMissingData": "breaching"} | (age or {})
        busy = {"TreatMissingData": "notBreaching"} | (writes or {})
        return [
            alarm(stream_name, "GetRecords.IteratorAgeMilliseconds", "Maximum", late_minutes * 60_000) | late,
            alarm(stream_name, "WriteProvisionedThroughputExceeded", "Sum", 0) | busy,
        ]

    return function


NIGHT = Watching(5)
COUNTS_SUCCESSES = alarms(
    writes={
        "MetricName": "PutRecords.Success",
        "ComparisonOperator": "LessThanThreshold",
        "Threshold": 1,
    }
)


@pytest.mark.parametrize(
    ("function", "lost", "sign"),
    [
        (alarms(), set(), None),
        (alarms(age={"EvaluationPeriods": 1}), set(), None),
        (alarms(age={"TreatMissingData": "missing"}), {"dead"}, "hears_no_silence"),
        (alarms(writes={"EvaluationPeriods": 1}), {"quiet"}, "rings_at_once"),
        (alarms(writes={"MetricName": "PutRecords.Success"}), {"quiet"}, "rings_at_once"),
        (COUNTS_SUCCESSES, {"refused"}, "counts_successes"),
        (alarms(age={"Threshold": 86_400_000}), {"late"}, None),
        (lambda stream_name, late_minutes: [], {*NIGHT.criteria}, None),
        (alarms(age={"Period": 7}), {*NIGHT.criteria}, None),
    ],
)
def test_alarms(run: PlayIt, function: Callable[..., Any], lost: set[str], sign: str | None) -> None:
    played = run(NIGHT, function)
    assert played.no_answer is None
    assert played.verdict.broken.keys() == lost, played.verdict.broken
    assert played.verdict.sign == sign


@pytest.mark.parametrize(("function", "lost"), [(alarms(), set()), (COUNTS_SUCCESSES, {"refused"})])
def test_however_quick_the_machine_is(
    run: PlayIt, monkeypatch: pytest.MonkeyPatch, function: Callable[..., Any], lost: set[str]
) -> None:
    """A shard that takes a record in ten seconds takes none between two minutes of the night here."""
    monkeypatch.setattr("grader.tasks.scenarios.night.watching.SCALE", 0.0001)
    assert run(NIGHT, function).verdict.broken.keys() == lost


@pytest.mark.parametrize("scenario", [DELIVERY, NIGHT])
def test_goes_through_json(scenario: Any) -> None:
    assert from_data(to_data(scenario)) == scenario


def test_an_alarm_without_its_settings_is_told(run: PlayIt) -> None:
    played = run(NIGHT, lambda stream_name, late_minutes: [{"MetricName": "IteratorAge", "Period": 60}])
    assert played.verdict.broken.keys() == {*NIGHT.criteria}
    told = set(played.verdict.broken.values())
    assert told == {
        "an alarm that it returned has no Namespace, no Dimensions, no EvaluationPeriods, no Threshold, "
        "no ComparisonOperator."
    }
