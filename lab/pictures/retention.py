"""Pictures of what a stream still holds as time goes by, and of how far a reader is behind."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MultipleLocator

from lab.pictures.figure import HATCHES, OKABE_ITO, Picture

TICK_HOURS: Final = 12
READABLE, GONE, LINE, WARNING, OVER = OKABE_ITO[0], "#DDDDDD", OKABE_ITO[5], OKABE_ITO[1], OKABE_ITO[6]


@dataclass(frozen=True)
class Reading:
    """At `hour` a reader from TRIM_HORIZON found records written from hour `oldest` to hour `newest`."""

    hour: float
    oldest: float
    newest: float
    retention_hours: int


@dataclass(frozen=True)
class Age:
    """At `hour` a reader was `age_hours` behind, and the stream kept its records `retention_hours`."""

    hour: float
    age_hours: float
    retention_hours: int


def rolling_window(readings: Sequence[Reading]) -> Picture:
    """For each reading a bar from the oldest record found to the newest; below it, what is gone.

    Raises ValueError when there is no reading.
    """
    if not readings:
        raise ValueError("no reading to draw: read the stream at least once")
    figure = Figure(figsize=(8.4, 4.6), layout="constrained")
    axes = figure.add_subplot()
    width = _step(readings) * 0.8
    for one in readings:
        height = max(one.newest - one.oldest, 0.5)
        axes.bar(one.hour, height, width, bottom=one.oldest, color=READABLE, edgecolor="black")
        if one.oldest > 0:
            axes.bar(one.hour, one.oldest, width, color=GONE, hatch=HATCHES[1], edgecolor="#777777")
    _mark_changes(axes, readings)
    axes.set_xlabel("hour at which the stream was read")
    axes.set_ylabel("hour at which records were written")
    axes.xaxis.set_major_locator(MultipleLocator(TICK_HOURS))
    axes.yaxis.set_major_locator(MultipleLocator(TICK_HOURS))
    axes.spines[["top", "right"]].set_visible(False)
    looks = [
        Patch(facecolor=READABLE, edgecolor="black", label="readable"),
        Patch(facecolor=GONE, hatch=HATCHES[1], edgecolor="#777777", label="expired"),
    ]
    figure.legend(handles=looks, loc="outside lower center", ncols=2, frameon=False)
    title = "What the stream still holds: a rolling window"
    axes.set_title(title, pad=22)
    words = "\n".join([f"{title}.", *map(_reading_in_words, readings)])
    return Picture(figure, words, f"{title}. {_window_at_a_glance(readings)}")


def _step(readings: Sequence[Reading]) -> float:
    hours = sorted(one.hour for one in readings)
    return min((b - a for a, b in itertools.pairwise(hours)), default=1.0) or 1.0


def _mark_changes(axes: Axes, readings: Sequence[Reading]) -> None:
    """A line where the retention changed, with the new period above the frame."""
    before = None
    for one in readings:
        if one.retention_hours != before:
            if before is not None:
                axes.axvline(one.hour - _step(readings) / 2, color="black", linestyle="--", linewidth=1.2)
            text = f"{one.retention_hours} h" if before else f"retention {one.retention_hours} h"
            place = (one.hour - _step(readings) / 2, 1.02)
            axes.text(*place, text, transform=axes.get_xaxis_transform(), ha="left", va="bottom")
            before = one.retention_hours


def _reading_in_words(one: Reading) -> str:
    return (
        f"At hour {one.hour:g}, retention {one.retention_hours} h: "
        f"records of the hours {one.oldest:g} to {one.newest:g} are readable"
    )


def _window_at_a_glance(readings: Sequence[Reading]) -> str:
    """The first and the last reading of each retention period."""
    told = []
    for hours, group in itertools.groupby(readings, key=lambda one: one.retention_hours):
        first, *rest = group
        spans = [
            f"at hour {one.hour:g} the hours {one.oldest:g} to {one.newest:g}" for one in (first, *rest[-1:])
        ]
        told.append(f"With a retention of {hours} h, it holds {' and '.join(spans)}.")
    return " ".join(told)


def age_against_retention(ages: Sequence[Age], alarm_share: float = 0.5) -> Picture:
    """How far a reader is behind, hour by hour, below the line at which records are lost.

    `alarm_share`: where the warning line runs, as a part of the retention. Raises ValueError when there is
    nothing to draw.
    """
    if not ages:
        raise ValueError("no age to draw: read the stream at least once")
    figure = Figure(figsize=(8.4, 4.4), layout="constrained")
    axes = figure.add_subplot()
    hours = [one.hour for one in ages]
    retention = [one.retention_hours for one in ages]
    limits = [alarm_share * period for period in retention]
    axes.step(hours, retention, where="post", color=OVER, linewidth=2)
    axes.step(hours, limits, where="post", color=WARNING, linewidth=2, linestyle="--")
    axes.plot(hours, [one.age_hours for one in ages], color=LINE, marker="o", markersize=3.5, linewidth=1.2)
    axes.set_xlabel("time, hours")
    axes.set_ylabel("iterator age, hours")
    axes.set_ylim(0, max(retention) * 1.08)
    axes.xaxis.set_major_locator(MultipleLocator(TICK_HOURS))
    axes.yaxis.set_major_locator(MultipleLocator(TICK_HOURS))
    axes.spines[["top", "right"]].set_visible(False)
    share = f"{alarm_share:.0%} of it: warn".replace("%", " %")
    looks = [
        Line2D([], [], color=OVER, linewidth=2, label="retention: beyond it records are lost"),
        Line2D([], [], color=WARNING, linewidth=2, linestyle="--", label=share),
        Line2D([], [], color=LINE, marker="o", markersize=3.5, label="iterator age"),
    ]
    figure.legend(handles=looks, loc="outside lower center", ncols=3, frameon=False)
    title = "How far the reader is behind"
    axes.set_title(title)
    words = "\n".join([f"{title}.", *(_age_in_words(one, alarm_share) for one in ages)])
    return Picture(figure, words, f"{title}. {_age_at_a_glance(ages, alarm_share)}")


def _age_at_a_glance(ages: Sequence[Age], alarm_share: float) -> str:
    """Where the age begins, where it is highest, where it ends; the periods, and when to warn."""
    top = max(ages, key=lambda one: one.age_hours)
    turns = list(dict.fromkeys((ages[0], top, ages[-1])))
    way = ", ".join(f"{one.age_hours:.1f} h at hour {one.hour:g}" for one in turns)
    periods = [next(group) for _, group in itertools.groupby(ages, key=lambda one: one.retention_hours)]
    kept = ", ".join(f"{one.retention_hours} h from hour {one.hour:g}" for one in periods)
    over = [f"{one.hour:g}" for one in ages if _warns(one, alarm_share)]
    warned = f"at the hours {', '.join(over)}" if over else "never"
    return f"Its age: {way}. Retention: {kept}. Above the warning line: {warned}."


def _warns(one: Age, alarm_share: float) -> bool:
    return one.age_hours >= alarm_share * one.retention_hours


def _age_in_words(one: Age, alarm_share: float) -> str:
    words = f"At hour {one.hour:g}: {one.age_hours:.1f} h behind, retention {one.retention_hours} h"
    return f"{words}, above the warning line" if _warns(one, alarm_share) else words
