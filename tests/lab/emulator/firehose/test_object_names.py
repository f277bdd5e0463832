"""Names of the objects that Firehose writes: expressions, time zones, and what is refused."""

import re
from datetime import UTC, datetime

import pytest
from lab_emulator.firehose.object_names import NamePlan, prefix_problem, zone_problem

MOMENT = datetime(2026, 1, 1, 23, 30, 5, tzinfo=UTC)
UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.mark.parametrize(
    ("prefix", "evaluated"),
    [
        ("", "2026/01/01/23/"),
        ("raw/", "raw/2026/01/01/23/"),
        ("raw", "raw2026/01/01/23/"),
        ("!{timestamp:yyyy}", "2026"),
        ("y=!{timestamp:yyyy}/t=!{timestamp:HH-mm-ss}/", "y=2026/t=23-30-05/"),
        ("!{timestamp:'year 'yyyy''}/", "year 2026'/"),
        ("a!{firehose:random-string}/", "a[A-Za-z0-9]{11}/2026/01/01/23/"),
    ],
)
def test_prefixes(prefix: str, evaluated: str) -> None:
    assert prefix_problem(prefix) is None
    name = NamePlan("clicks", "3", prefix).name(MOMENT)
    assert re.fullmatch(f"{evaluated}clicks-3-2026-01-01-23-30-05-{UUID}", name), name


def test_a_time_zone_of_ones_own() -> None:
    name = NamePlan("clicks", "1", extension=".json", zone="Asia/Tokyo").name(MOMENT)
    assert re.fullmatch(rf"2026/01/02/08/clicks-1-2026-01-02-08-30-05-{UUID}\.json", name), name


def test_no_two_names_are_the_same() -> None:
    plan = NamePlan("clicks", "1")
    assert plan.name(MOMENT) != plan.name(MOMENT)


@pytest.mark.parametrize(
    ("prefix", "says"),
    [
        ("!{timestamp:yyyy", "can only begin an expression"),
        ("!{timestamp:}", "does not evaluate"),
        ("!{timestamp:yyyy'}", "does not evaluate"),
        ("!{timestamp:MMM}", "'MMM'"),
        ("!{firehose:error-output-type}/", "!{firehose:error-output-type}"),
        ("!{partitionKeyFromLambda:id}", "!{partitionKeyFromLambda:id}"),
    ],
)
def test_what_is_refused(prefix: str, says: str) -> None:
    assert says in (prefix_problem(prefix) or "")


def test_zones() -> None:
    assert zone_problem("") is None
    assert zone_problem("Europe/Berlin") is None
    for wrong in ("Mars/Olympus", "../etc/passwd", "/etc/localtime"):
        assert wrong in (zone_problem(wrong) or "")
