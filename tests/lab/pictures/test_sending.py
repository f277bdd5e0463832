"""The picture of ways to send: what stands on the axes, how high the bars are, and the words."""

from typing import Any

import pytest

from lab.pictures.sending import PANELS, Sending, compare

ONE_BY_ONE = Sending("PutRecord", events=200, calls=200, payload_units=200, seconds=4.5)
BATCHED = Sending("PutRecords", events=1000, calls=2, payload_units=1000, seconds=0.5)


def test_bars_are_for_each_thousand_events() -> None:
    panels: Any = compare([ONE_BY_ONE, BATCHED]).figure.axes
    assert [axes.get_ylabel() for axes in panels] == [label for _, label in PANELS]
    heights = [[bar.get_height() for bar in axes.patches] for axes in panels]
    assert heights == [[1000, 2], [1000, 1000], [22.5, 0.5]]
    assert all(axes.get_yscale() == "log" for axes in panels)
    assert [tick.get_text() for tick in panels[0].get_xticklabels()] == ["PutRecord", "PutRecords"]


def test_words_have_every_number_and_the_time_as_a_duration() -> None:
    assert compare([ONE_BY_ONE, BATCHED]).words.splitlines() == [
        "What it takes to send the same events.",
        "PutRecord: 200 events, 200 calls, 200 payload units, took 4.50 s",
        "PutRecords: 1000 events, 2 calls, 1000 payload units, took 0.50 s",
    ]


def test_ways_look_different_without_colour() -> None:
    axes: Any = compare([ONE_BY_ONE, BATCHED]).figure.axes[0]
    assert len({bar.get_hatch() for bar in axes.patches}) == 2


def test_nothing_to_draw_is_refused() -> None:
    for ways in ([], [Sending("PutRecord", 0, 0, 0, 0.1)]):
        with pytest.raises(ValueError, match="nothing to draw"):
            compare(ways)
