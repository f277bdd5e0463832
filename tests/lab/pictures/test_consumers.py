"""Pictures of consumers: each record's delay, each invocation's records, in marks and in words."""

from typing import Any

import pytest
from matplotlib.patches import Rectangle

from lab.pictures.consumers import delays, invocation_timeline
from lab.pictures.figure import Picture

SHARD, OTHER = "shardId-000000000000", "shardId-000000000001"
NUMBERS = {SHARD: ["11", "12", "13", "14"], OTHER: ["21"]}


def entry(shard: str, first: str, last: str, outcome: str, then: str = "") -> dict[str, Any]:
    return {"shard": shard, "first": first, "last": last, "outcome": outcome, "then": then}


LOG = [
    entry(SHARD, "11", "14", "error", "split"),
    entry(OTHER, "21", "21", "success"),
    entry(SHARD, "11", "12", "success"),
    entry(SHARD, "13", "14", "partial", "retry"),
    entry(SHARD, "14", "14", "error", "give_up"),
    entry(SHARD, "14", "14", "given_up"),
]


def bars(picture: Picture, panel: int) -> list[Rectangle]:
    axes = picture.figure.axes[panel]
    return [bar for container in axes.containers for bar in container]


def test_each_shard_has_its_invocations_in_order_and_each_bar_its_records() -> None:
    picture = invocation_timeline(LOG, NUMBERS, "Halves")
    spans = [(bar.get_y() + 0.5, bar.get_height()) for bar in bars(picture, 0)]
    assert spans == [(1, 4), (1, 2), (3, 2), (4, 1), (4, 1)]
    assert len(bars(picture, 1)) == 1
    looks = {(bar.get_facecolor(), bar.get_hatch()) for bar in bars(picture, 0)}
    assert len(looks) == 4, "each outcome has a look of its own"
    assert picture.figure.axes[0].get_title() == "shard 0: 4 calls", "a batch given up is no call"
    assert [text.get_text() for text in picture.figure.axes[0].texts] == ["split", "again", "give up"]
    assert picture.words.splitlines() == [
        "Halves.",
        "shard 0: records 1 to 4 error, split; records 1 to 2 success; records 3 to 4 partial, again; "
        "record 4 error, give up; record 4 given up.",
        "shard 1: record 1 success.",
    ]


def test_without_an_invocation_there_is_no_picture() -> None:
    with pytest.raises(ValueError, match="wait until the mapping"):
        invocation_timeline([], NUMBERS)


def test_every_record_has_a_mark_and_every_way_its_median() -> None:
    picture = delays({"polling": [100.0, 300.0, 500.0], "fan-out": [20.0]})
    (axes,) = picture.figure.axes
    marks = [line for line in axes.lines if line.get_linestyle() == "None"]
    assert [len(line.get_xdata()) for line in marks] == [3, 1]  # type: ignore[arg-type]
    assert len({line.get_marker() for line in marks}) == 2
    assert [text.get_text() for text in axes.texts] == ["300 ms", "20 ms"]
    assert "polling: 3 records, median 300 ms, longest 500 ms." in picture.words


def test_a_way_by_which_nothing_came_is_named() -> None:
    with pytest.raises(ValueError, match="no record came by fan-out"):
        delays({"polling": [1.0], "fan-out": []})
