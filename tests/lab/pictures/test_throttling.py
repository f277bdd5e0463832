"""Pictures of throttling: calls over time, shards side by side, a dashboard by the minute."""

from typing import Any

import pytest
from matplotlib.container import BarContainer

from lab.load import Call
from lab.pictures.calls import retry_timelines
from lab.pictures.metrics import shard_bars, write_dashboard

REFUSED = "ProvisionedThroughputExceededException"
CALLS = [Call(0.02, None), Call(0.05, REFUSED), Call(0.07, REFUSED), Call(0.31, None)]


def heights(axes: Any) -> list[list[float]]:
    groups = [group for group in axes.containers if isinstance(group, BarContainer)]
    return [[bar.get_height() for bar in group] for group in groups]


def shown(axes: Any) -> list[list[bool]]:
    return [[bar.get_visible() for bar in group] for group in axes.containers]


def named(axes: Any) -> list[str]:
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_timelines_count_calls_in_tenths_of_a_second() -> None:
    picture = retry_timelines({"no retry": CALLS[:2], "jitter": CALLS}, records=2)
    upper, lower = picture.figure.axes
    assert heights(upper) == [[1], [1]]
    assert heights(lower) == [[1, 0, 0, 1], [2, 0, 0, 0]]
    assert shown(lower)[1] == [True, False, False, False]
    assert upper.get_title(loc="left") == "no retry: 2 calls, 1 of 2 stored, 1 lost, the last after 0.0 s"
    assert lower.get_title(loc="left") == "jitter: 4 calls, 2 of 2 stored, the last after 0.3 s"
    assert lower.get_xlabel() == "seconds since the start"
    assert picture.figure.get_supylabel() == "calls in 0.1 s"
    (legend,) = picture.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["accepted", "refused"]


def test_the_legend_shows_both_looks_whatever_the_first_row_has() -> None:
    picture = retry_timelines({"all refused": CALLS[1:3], "jitter": CALLS}, records=2)
    (legend,) = picture.figure.legends
    accepted, refused = legend.get_patches()
    bars = picture.figure.axes[1].containers
    assert accepted.get_visible()
    assert refused.get_visible()
    assert accepted.get_facecolor() == bars[0][0].get_facecolor()
    assert refused.get_facecolor() == bars[1][0].get_facecolor()
    assert refused.get_hatch() == bars[1][0].get_hatch()


def test_timelines_in_words() -> None:
    words = retry_timelines({"jitter": CALLS}, records=2).words.splitlines()
    assert words == [
        "Calls over time, 1 way to retry, 2 records each.",
        "jitter: 4 calls, 2 of them refused; 2 of 2 records stored, the last after 0.3 s",
    ]


def test_timelines_of_nothing() -> None:
    assert "0 of 1 records stored" in retry_timelines({"nobody": []}, records=1).words
    with pytest.raises(ValueError, match="no run"):
        retry_timelines({}, records=1)


BEFORE = {"shardId-000000000000": (9.0, 0.0), "shardId-000000000001": (50.0, 44.0)}
AFTER = {"shardId-000000000000": (40.0, 0.0), "shardId-000000000001": (45.0, 0.0)}


def test_shards_stand_side_by_side_with_their_limit() -> None:
    picture = shard_bars({"hot key": BEFORE, "salted": AFTER}, limit=50)
    left, right = picture.figure.axes
    assert heights(left) == [[9, 50], [0, 44]]
    assert shown(left)[1] == [False, True]
    assert heights(right)[0] == [40, 45]
    assert [axes.get_title() for axes in (left, right)] == ["hot key", "salted"]
    assert [line.get_ydata()[0] for line in left.lines] == [50]
    assert (left.get_xlabel(), left.get_ylabel()) == ("shard", "records")
    assert left.get_ylim() == right.get_ylim()
    assert picture.words.splitlines()[1] == "hot key: shard 0 took 9; shard 1 took 50 and refused 44"


def test_shards_of_nothing() -> None:
    for nothing in ({}, {"hot key": {}}):
        with pytest.raises(ValueError, match="no shard to draw"):
            shard_bars(nothing, limit=50)


def test_dashboard_shows_each_minute() -> None:
    picture = write_dashboard([1, 1, 0.5], [0, 40, 70], [0, 0, 8], ["OK", "OK", "ALARM"])
    success, records, alarm = picture.figure.axes
    assert list(success.lines[0].get_ydata()) == [1, 1, 0.5]
    assert heights(records) == [[0, 40, 70], [0, 0, 8]]
    assert [bar.get_y() for bar in records.containers[1]] == [0, 40, 70]
    assert named(records) == ["ThrottledRecords", "FailedRecords"]
    assert named(alarm) == ["OK", "ALARM"]
    assert alarm.get_xlabel() == "minute"
    assert picture.words.splitlines()[3] == (
        "minute 3: Success 0.5, ThrottledRecords 70, FailedRecords 8, alarm ALARM"
    )


def test_dashboard_refuses_uneven_series() -> None:
    for series in (([], [], [], []), ([1], [0, 0], [0], ["OK"])):
        with pytest.raises(ValueError, match="one value for each minute"):
            write_dashboard(*series)
