"""Every kind of picture has a complete legend, and axes with labels and units; what is missing is noticed."""

import typing
from collections.abc import Callable
from importlib import import_module

import pytest
from matplotlib.figure import Figure

import lab.pictures
from lab.kcl import Event
from lab.pictures.access import access_matrix
from lab.pictures.calls import retry_timelines
from lab.pictures.capacity_modes import day_by_mode
from lab.pictures.consumers import delays, invocation_timeline
from lab.pictures.delivery import buffer_levels, files_against_freshness
from lab.pictures.figure import Picture
from lab.pictures.journeys import journey
from lab.pictures.leases import lease_timeline
from lab.pictures.metrics import day_dashboard, shard_bars, write_dashboard
from lab.pictures.retention import age_against_retention, rolling_window
from lab.pictures.sending import compare
from lab.pictures.shards import hash_ring, shard_tree

from .completeness import faults
from .test_consumers import LOG, NUMBERS
from .test_delivery import BUSY, CALM, OFTEN, SELDOM
from .test_leases import STORY
from .test_retention import AGES, READINGS
from .test_sending import BATCHED, ONE_BY_ONE
from .test_shards import FOUR, READ, RESHARDED, SENT
from .test_throttling import AFTER, BEFORE, CALLS

EVENTS: list[Event] = STORY
KINDS: dict[str, Callable[[], Picture]] = {
    "access_matrix": lambda: access_matrix(
        {"put": {"ada": True, "bob": False}, "read": {"ada": False, "bob": True}}
    ),
    "age_against_retention": lambda: age_against_retention(AGES),
    "buffer_levels": lambda: buffer_levels({"busy": BUSY, "calm": CALM}, 2**20),
    "compare": lambda: compare([ONE_BY_ONE, BATCHED]),
    "day_dashboard": lambda: day_dashboard([40, 60], [0.5, None], ["OK", "ALARM"], limit_hours=12),
    "day_by_mode": lambda: day_by_mode(
        [0, 12], [30, 90], {"small": [0, 40], "large": [0, 0]}, {"small": 1.5}
    ),
    "delays": lambda: delays({"polling": [100.0, 300.0, 500.0], "fan-out": [20.0]}),
    "files_against_freshness": lambda: files_against_freshness([OFTEN, SELDOM]),
    "hash_ring": lambda: hash_ring(FOUR, ["player-7"] * 20 + ["player-8"]),
    "invocation_timeline": lambda: invocation_timeline(LOG, NUMBERS),
    "journey": lambda: journey(SENT, READ),
    "lease_timeline": lambda: lease_timeline(EVENTS),
    "retry_timelines": lambda: retry_timelines({"no retry": CALLS[:2], "jitter": CALLS}, records=2),
    "rolling_window": lambda: rolling_window(READINGS),
    "shard_bars": lambda: shard_bars({"hot key": BEFORE, "salted": AFTER}, limit=50),
    "shard_tree": lambda: shard_tree(RESHARDED),
    "write_dashboard": lambda: write_dashboard([1, 1], [0, 40], [8, 0], ["OK", "ALARM"]),
}


def drawn(kind: str) -> Figure:
    picture = KINDS[kind]()
    picture.figure.draw_without_rendering()
    return picture.figure


def without_legends(figure: Figure) -> None:
    figures = [figure, *figure.subfigs]
    legends = [legend for one in figures for legend in one.legends]
    legends += [legend for axes in figure.axes if (legend := axes.get_legend())]
    for legend in legends:
        legend.remove()


def test_every_kind_is_here() -> None:
    """What `lab.pictures` offers and gives a Picture."""
    offered = set()
    for name, home in lab.pictures._HOMES.items():
        function = getattr(import_module(f"lab.pictures.{home}"), name)
        if not isinstance(function, type) and typing.get_type_hints(function).get("return") is Picture:
            offered.add(name)
    assert offered == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_is_complete(kind: str) -> None:
    assert faults(drawn(kind)) == []


@pytest.mark.parametrize(
    "kind",
    [
        "age_against_retention",
        "day_by_mode",
        "hash_ring",
        "lease_timeline",
        "retry_timelines",
        "rolling_window",
        "shard_bars",
        "write_dashboard",
    ],
)
def test_the_control_a_picture_without_its_legend(kind: str) -> None:
    figure = drawn(kind)
    if kind == "hash_ring":
        for text in list(figure.axes[0].texts):
            text.remove()
    without_legends(figure)
    assert any("nothing says what" in fault for fault in faults(figure))


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"access_matrix", "journey"}))
def test_the_control_an_axis_without_its_label_or_unit(kind: str) -> None:
    figure = drawn(kind)
    for axes in figure.axes:
        axes.set_xlabel("x-coordinate")
        axes.set_ylabel("")
    figure.supylabel("")
    assert any(fault.startswith("an axis") for fault in faults(figure))


@pytest.mark.parametrize("kind", ["access_matrix", "journey"])
def test_the_control_cells_and_lines_without_their_words(kind: str) -> None:
    figure = drawn(kind)
    for text in list(figure.axes[0].texts):
        text.remove()
    assert any("nothing says what" in fault for fault in faults(figure))
