"""The scenario `replay`: what it makes of the ids that a learner's function returns."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from grader.tasks.scenarios.replaying import Replay, judge

BEGAN = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
OLD, NEW, OTHER = "shardId-0", "shardId-2", "shardId-1"
"""OLD is closed after hour 2, and device-1 goes on in NEW; device-2 is on OTHER all the time."""


def record(device: int, hour: int) -> dict[str, Any]:
    home = OTHER if device == 2 else OLD if hour <= 2 else NEW
    return {
        "Data": f"device-{device}/{hour:02}/0".encode(),
        "ShardId": home,
        "ApproximateArrivalTimestamp": BEGAN + timedelta(hours=hour),
    }


WRITTEN = [record(device, hour) for device in (1, 2) for hour in range(6)]
WINDOW = (BEGAN + timedelta(hours=0.5), BEGAN + timedelta(hours=4.5))


def ids(device: int, *hours: int) -> list[str]:
    return [f"device-{device}/{hour:02}/0" for hour in hours]


WANTED = ids(1, 1, 2, 3, 4) + ids(2, 1, 2, 3, 4)


@pytest.mark.parametrize("returned", [WANTED, ids(2, 1, 2, 3, 4) + ids(1, 1, 2, 3, 4)])
def test_exactly_the_window_breaks_nothing_in_any_order_of_the_devices(returned: list[str]) -> None:
    verdict = judge(WRITTEN, WINDOW, returned, frozenset({OLD}))
    assert (dict(verdict.broken), verdict.sign) == ({}, None)


@pytest.mark.parametrize(
    ("returned", "broken", "sign"),
    [
        (ids(1, 3, 4) + ids(2, 1, 2, 3, 4), {"complete"}, "open_only"),
        (ids(2, 1, 2, 3, 4), {"complete"}, "one_shard"),
        (ids(1, 1, 2), {"complete"}, "one_shard"),
        (ids(1, 0, 1, 2, 3, 4) + ids(2, 0, 1, 2, 3, 4), {"exact"}, "no_start"),
        (ids(1, 1, 2, 3, 4, 5) + ids(2, 1, 2, 3, 4, 5), {"exact"}, "no_end"),
        ([*WANTED, "device-1/09/7"], {"exact"}, None),
        (WANTED + WANTED[-1:], {"once"}, None),
        (ids(1, 3, 4, 1, 2) + ids(2, 1, 2, 3, 4), {"in_order"}, "child_first"),
        (ids(1, 2, 1, 3, 4) + ids(2, 1, 2, 3, 4), {"in_order"}, None),
    ],
)
def test_what_went_wrong_is_seen(returned: list[str], broken: set[str], sign: str | None) -> None:
    verdict = judge(WRITTEN, WINDOW, returned, frozenset({OLD}))
    assert set(verdict.broken) == broken
    assert verdict.sign == sign


def test_devices_are_counted_in_words() -> None:
    told = judge(WRITTEN, WINDOW, ids(1, 2, 1, 3, 4) + ids(2, 1, 2, 3, 4)).broken["in_order"]
    assert told.startswith("the records of 1 device are not")
    told = judge(WRITTEN, WINDOW, ids(1, 2, 1, 3, 4) + ids(2, 2, 1, 3, 4)).broken["in_order"]
    assert told.startswith("the records of 2 devices are not")


@pytest.mark.parametrize("returned", [None, "device-1/01/0", [1], [], ids(1, 5)])
def test_nothing_of_the_window_breaks_everything(returned: Any) -> None:
    verdict = judge(WRITTEN, WINDOW, returned, frozenset({OLD}))
    assert set(verdict.broken) == set(Replay.criteria)
