"""The pictures of a report, each with its words. Colours are told apart by hatching too."""

from collections import Counter
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from grader.reports.item_statistics import STOPPED, Statistics
from lab.pictures.figure import HATCHES, OKABE_ITO, Picture

WIDTH: Final = 8.0
SHOWN: Final = (
    ("right", ("passed",), OKABE_ITO[2]),
    ("partly right", ("partial",), OKABE_ITO[1]),
    ("wrong", ("failed",), OKABE_ITO[6]),
    ("stopped or not judged", (*STOPPED, "skipped"), OKABE_ITO[4]),
    ("not attempted", ("not_attempted",), "#DDDDDD"),
)
MOST_MISCONCEPTIONS: Final = 15


def _axes(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def scores(report: Statistics) -> Picture:
    """How many submissions have which score."""
    figure, axes = _axes(3.2)
    counts = Counter(round(score) for score in report.scores)
    axes.bar(list(counts), list(counts.values()), color=OKABE_ITO[0], edgecolor="black", linewidth=0.8)
    axes.set_xlim(-0.7, report.max_score + 0.7)
    axes.set_xlabel(f"score, points of {report.max_score:g}, to the nearest whole one")
    axes.set_ylabel("submissions")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_title(f"Scores of {report.graded} submissions")
    lines = [f"Scores of {report.graded} submissions, of {report.max_score:g} points."]
    lines += [f"{score} points: {counts[score]}" for score in sorted(counts)]
    return Picture(figure, "\n".join(lines))


def outcomes(report: Statistics) -> Picture:
    """The share of each outcome, task by task."""
    figure, axes = _axes(1.4 + 0.5 * len(report.items))
    names = [item.id for item in report.items]
    left = [0.0] * len(names)
    lines = [f"Outcomes by task, in % of {report.graded} submissions."]
    for place, (label, kinds, colour) in enumerate(SHOWN):
        shares = [item.share(*kinds) for item in report.items]
        if any(shares):
            axes.barh(names, shares, left=left, color=colour, hatch=HATCHES[place], edgecolor="black",
                      linewidth=0.8, label=label)  # fmt: skip
        left = [before + share for before, share in zip(left, shares, strict=True)]
    for item in report.items:
        told = [f"{item.share(*kinds):.0%} {label}" for label, kinds, _ in SHOWN if item.share(*kinds)]
        lines.append(f"{item.id}: {', '.join(told)}")
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(xmax=1, symbol=" %"))
    axes.set_xlabel("submissions, %")
    axes.set_title("Outcomes by task")
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    return Picture(figure, "\n".join(lines))


def misconceptions(report: Statistics) -> Picture | None:
    """The misconceptions met most often; None when none was met."""
    counts = Counter(
        {f"{item.id}: {name}": count for item in report.items for name, count in item.misconceptions.items()}
    )
    if not counts:
        return None
    often = counts.most_common(MOST_MISCONCEPTIONS)
    figure, axes = _axes(1.2 + 0.34 * len(often))
    axes.barh(
        [name for name, _ in often],
        [n for _, n in often],
        color=OKABE_ITO[1],
        edgecolor="black",
        linewidth=0.8,
    )
    axes.invert_yaxis()
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("submissions")
    left_out = f", the {len(often)} most frequent of {len(counts)}" if len(counts) > len(often) else ""
    axes.set_title(f"Misconceptions{left_out}")
    lines = [f"Misconceptions{left_out}, by submissions.", *(f"{name}: {count}" for name, count in often)]
    return Picture(figure, "\n".join(lines))
