"""The picture of leases over time: each owner's time, each checkpoint, each kill, in marks and in words."""

from typing import Any

import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from lab.kcl import Event
from lab.kcl.events import Kind
from lab.pictures.figure import Picture
from lab.pictures.leases import Holding, holdings, lease_timeline

PARENT, CHILD = "shardId-000000000000", "shardId-000000000002"
START = 1_700_000_000.0


def event(seconds: float, kind: Kind, **fields: str | None) -> Event:
    return Event(at=START + seconds, kind=kind, **fields)  # type: ignore[arg-type]


STORY = [
    event(0, "worker_started", worker="worker-1"),
    event(10, "owner_changed", shard=PARENT, owner="worker-1"),
    event(15, "checkpoint", worker="worker-1", shard=PARENT, sequence_number="4950"),
    event(20, "worker_started", worker="worker-2"),
    event(30, "owner_changed", shard=PARENT, owner="worker-2"),
    event(40, "worker_killed", worker="worker-2"),
    event(46, "owner_changed", shard=PARENT, owner="worker-1"),
    event(60, "checkpoint", worker="worker-1", shard=PARENT, sequence_number="SHARD_END"),
    event(62, "owner_changed", shard=CHILD, owner="worker-1"),
    event(70, "owner_changed", shard=PARENT, owner="worker-2"),
    event(80, "owner_changed", shard=CHILD, owner=None),
    event(100, "worker_ended", worker="worker-1"),
]


def bars(picture: Picture) -> list[Rectangle]:
    (axes,) = picture.figure.axes
    return [bar for container in axes.containers for bar in container]


def test_each_owner_has_its_time() -> None:
    assert holdings(STORY) == [
        Holding(PARENT, "worker-1", 10, 30, killed=False),
        Holding(PARENT, "worker-2", 30, 40, killed=False),
        Holding(PARENT, "worker-2", 40, 46, killed=True),
        Holding(PARENT, "worker-1", 46, 60, killed=False),
        Holding(CHILD, "worker-1", 62, 80, killed=False),
    ]


def test_a_lease_is_held_until_the_last_event() -> None:
    assert holdings(STORY[:2] + STORY[3:4]) == [Holding(PARENT, "worker-1", 10, 20, killed=False)]


def test_nothing_happened_to_no_lease() -> None:
    assert holdings([]) == []
    with pytest.raises(ValueError, match="start a worker"):
        lease_timeline(STORY[:1])


def test_the_picture_begins_with_the_first_owner() -> None:
    """The ten seconds that KCL takes to start are left out, and a worker that waits stays in the legend."""
    late = [event(-40, "worker_started", worker="worker-3"), *STORY]
    assert lease_timeline(late).words == lease_timeline(STORY).words
    assert bars(lease_timeline(late))[0].get_x() == 0
    (legend,) = lease_timeline(late).figure.legends
    assert "worker-3" in [text.get_text() for text in legend.get_texts()]


def test_bars_lie_on_their_shards_row() -> None:
    drawn = [
        (bar.get_x(), bar.get_width(), round(bar.get_y() + bar.get_height() / 2))
        for bar in bars(lease_timeline(STORY))
    ]
    assert drawn == [(0, 20, 0), (20, 10, 0), (30, 6, 0), (36, 14, 0), (52, 18, 1)]


def test_workers_can_be_told_apart_by_more_than_colour() -> None:
    first, second, orphan, again, child = bars(lease_timeline(STORY))
    assert first.get_hatch() != second.get_hatch()
    assert to_rgb(first.get_facecolor()) != to_rgb(second.get_facecolor())
    for bar in (again, child):
        assert (bar.get_hatch(), bar.get_facecolor()) == (first.get_hatch(), first.get_facecolor())
    assert orphan.get_linestyle() != second.get_linestyle()


def test_marks_have_names_and_units() -> None:
    picture = lease_timeline(STORY)
    (axes,) = picture.figure.axes
    assert "seconds" in axes.get_xlabel()
    assert [label.get_text() for label in axes.get_yticklabels()] == ["shard 0", "shard 2"]
    assert "worker-2 killed" in [text.get_text().strip() for text in axes.texts]
    names = {(text.get_text(), text.get_rotation() == 90) for text in axes.texts}
    assert {("worker-1", False), ("worker-2", False)} <= names
    short = [*STORY[:2], event(97, "owner_changed", shard=PARENT, owner="worker-2"), STORY[-1]]
    upright = [text for text in lease_timeline(short).figure.axes[0].texts if text.get_rotation() == 90]
    assert [text.get_text() for text in upright] == ["worker-2"]
    legend = [text.get_text() for legend in picture.figure.legends for text in legend.get_texts()]
    assert legend == [
        "worker-1",
        "worker-2",
        "killed, not yet replaced",
        "checkpoint",
        "checkpoint SHARD_END",
    ]


def test_checkpoints_stand_where_they_were_made() -> None:
    (axes,) = lease_timeline(STORY).figure.axes
    points = {}
    for line in axes.lines:
        seconds: Any = line.get_xdata()
        if len(seconds) == 1:
            points[seconds[0]] = line.get_marker()
    assert list(points) == [5, 50]
    assert points[5] != points[50]


def test_the_words_say_what_is_drawn() -> None:
    assert lease_timeline(STORY).words.splitlines() == [
        "Leases of 2 shards in 90 seconds.",
        "shard 0: worker-1 from 0 to 20 s, worker-2 from 20 to 30 s, worker-2, killed, from 30 to 36 s, "
        "worker-1 from 36 to 50 s; 2 checkpoints, the last at the shard's end at 50 s",
        "shard 2: worker-1 from 52 to 70 s; 0 checkpoints",
        "worker-2 was killed at 30 s.",
    ]


def test_the_order_in_which_events_became_known_does_not_matter() -> None:
    assert lease_timeline(reversed(STORY)).words == lease_timeline(STORY).words
