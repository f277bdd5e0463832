"""Pictures of what waits in Firehose's buffers, and of how many files that makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lab.pictures.figure import HATCHES, OKABE_ITO, Picture
from lab.pictures.shard_words import plural

KIB: Final = 1024
DAY_SECONDS: Final = 86_400
LEVEL, BY_SIZE, BY_TIME = OKABE_ITO[5], OKABE_ITO[6], OKABE_ITO[2]
MARKS: Final[dict[str, dict[str, Any]]] = {
    "size": {"marker": "s", "color": BY_SIZE},
    "time": {"marker": "^", "color": BY_TIME},
}
"""How the end of a buffer is marked, by the reason."""


@dataclass(frozen=True)
class Filling:
    """One run: `puts` as (second, bytes), `written` as (second, bytes, reason), of objects."""

    puts: Sequence[tuple[float, int]]
    written: Sequence[tuple[float, int, str]]


@dataclass(frozen=True)
class Files:
    """What an interval made of a run of so many `seconds`: each file's bytes and age."""

    interval: int
    seconds: float
    sizes: Sequence[int]
    ages: Sequence[float]

    @property
    def a_day(self) -> float:
        return len(self.sizes) * DAY_SECONDS / self.seconds


def buffer_levels(runs: Mapping[str, Filling], limit_bytes: int) -> Picture:
    """For each run how full the buffer was as time went by, and why each object was written.

    Raises ValueError when there is no run.
    """
    if not runs:
        raise ValueError("no run to draw")
    figure = Figure(figsize=(9.0, 2.3 * len(runs) + 0.9), layout="constrained")
    panels = figure.subplots(len(runs), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (name, run) in zip(panels, runs.items(), strict=True):
        _draw_level(axes, run, limit_bytes)
        axes.set_title(name, loc="left", fontsize=10)
        axes.set_ylabel("KiB waiting")
    panels[-1].set_xlabel("seconds by the lab's clock")
    looks = [
        Line2D([], [], color=LEVEL, label="in the buffer"),
        Line2D([], [], color="black", linestyle=":", label=f"size: {limit_bytes // KIB:,} KiB"),
        *(
            Line2D([], [], linestyle="", markeredgecolor="black", label=f"written by {reason}", **mark)
            for reason, mark in MARKS.items()
        ),
    ]
    figure.legend(handles=looks, loc="outside upper center", ncols=4, fontsize=9)
    return Picture(figure, "\n".join(_level_words(name, run) for name, run in runs.items()))


def _draw_level(axes: Axes, run: Filling, limit_bytes: int) -> None:
    changes = [(second, size) for second, size in run.puts]
    changes += [(second, -size) for second, size, _ in run.written]
    level, seconds, levels = 0, [0.0], [0.0]
    for second, change in sorted(changes, key=lambda one: (one[0], -one[1])):
        level += change
        seconds.append(second)
        levels.append(max(level, 0) / KIB)
    axes.step(seconds, levels, where="post", color=LEVEL)
    axes.fill_between(seconds, levels, step="post", color=OKABE_ITO[0], alpha=0.5)
    axes.axhline(limit_bytes / KIB, color="black", linestyle=":")
    for second, size, reason in run.written:
        axes.plot(second, size / KIB, markersize=8, markeredgecolor="black", linestyle="", **MARKS[reason])
    axes.set_ylim(0, limit_bytes / KIB * 1.2)
    axes.spines[["top", "right"]].set_visible(False)


def _level_words(name: str, run: Filling) -> str:
    told = [f"after {second:.0f} s {size // KIB:,} KiB by {reason}" for second, size, reason in run.written]
    return f"{name}: {plural(len(told), 'object')} written. {'; '.join(told)}."


def files_against_freshness(runs: Sequence[Files]) -> Picture:
    """Three panels over the same intervals: files a day, KiB in a file, and how old its oldest record was.

    Raises ValueError when there is nothing to draw.
    """
    if not runs or not all(run.sizes for run in runs):
        raise ValueError("nothing to draw: each run must have written at least one file")
    figure = Figure(figsize=(9.6, 3.6), layout="constrained")
    panels = (
        ("files a day", [run.a_day for run in runs]),
        ("KiB in a file", [sum(run.sizes) / len(run.sizes) / KIB for run in runs]),
        ("seconds: the oldest record\nin a file", [max(run.ages) for run in runs]),
    )
    for place, (axes, (label, heights)) in enumerate(
        zip(figure.subplots(1, len(panels)), panels, strict=True)
    ):
        look: dict[str, Any] = {"color": OKABE_ITO[place], "hatch": HATCHES[place], "edgecolor": "black"}
        axes.bar(range(len(runs)), heights, **look)
        for at, height in enumerate(heights):
            axes.annotate(f"{height:,.0f}", (at, height), ha="center", va="bottom", fontsize=9)
        axes.set_ylabel(label)
        axes.set_xlabel("interval, seconds")
        axes.set_xticks(range(len(runs)), [f"{run.interval}" for run in runs])
        axes.margins(y=0.12)
        axes.spines[["top", "right"]].set_visible(False)
    return Picture(figure, "\n".join(map(_file_words, runs)))


def _file_words(run: Files) -> str:
    each = sum(run.sizes) / len(run.sizes) / KIB
    return (
        f"Interval {run.interval} s: {run.a_day:,.0f} files a day of {each:,.0f} KiB; the oldest record in "
        f"one was {max(run.ages):.0f} s old."
    )
