"""A picture of one day in several capacity modes: what was sent and refused, and what each would cost."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from lab.pictures.figure import HATCHES, OKABE_ITO, Picture

STORED: Final[dict[str, Any]] = {"color": OKABE_ITO[5]}
REFUSED: Final[dict[str, Any]] = {
    "facecolor": OKABE_ITO[1],
    "hatch": HATCHES[1],
    "edgecolor": "black",
    "linewidth": 0.5,
}


def day_by_mode(
    hours: Sequence[int],
    sent: Sequence[int],
    refused: Mapping[str, Sequence[int]],
    dollars: Mapping[str, float],
) -> Picture:
    """For each stream the records SENT and REFUSED at each of HOURS; below, the DOLLARS of a day.

    Raises ValueError when a series has not one value for each hour, or nothing is to be drawn.
    """
    if not hours or not refused or not dollars:
        raise ValueError("nothing to draw: pass hours, and at least one stream and one price")
    if any(len(series) != len(hours) for series in (sent, *refused.values())):
        raise ValueError("each series needs one value for each hour")
    figure = Figure(figsize=(8.4, 5.4), layout="constrained")
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=(3, 2))[:, 0]
    panels = above.subplots(1, len(refused), sharey=True, squeeze=False)[0]
    for axes, (name, lost) in zip(panels, refused.items(), strict=True):
        _draw_day(axes, hours, sent, lost)
        axes.set_title(f"{name}\n{sum(lost)} refused", fontsize="medium")
    panels[0].set_ylabel("records in a burst")
    looks = [Patch(**STORED, label="stored"), Patch(**REFUSED, label="refused")]
    above.legend(handles=looks, loc="outside lower center", ncols=2, frameon=False)
    _draw_costs(below.subplots(), dollars)
    return Picture(figure, _in_words(hours, sent, refused, dollars))


def _draw_day(axes: Axes, hours: Sequence[int], sent: Sequence[int], lost: Sequence[int]) -> None:
    width = 0.8 * (hours[1] - hours[0]) if len(hours) > 1 else 0.8
    stored = [all_ - gone for all_, gone in zip(sent, lost, strict=True)]
    axes.bar(hours, stored, width, **STORED)
    for bar in axes.bar(hours, lost, width, bottom=stored, **REFUSED):
        bar.set_visible(bar.get_height() > 0)
    axes.set_xlabel("hour of the day")
    axes.spines[["top", "right"]].set_visible(False)


def _draw_costs(axes: Axes, dollars: Mapping[str, float]) -> None:
    bars = axes.barh(list(dollars), list(dollars.values()), color=OKABE_ITO[2])
    axes.bar_label(bars, labels=[f" ${cost:.2f}" for cost in dollars.values()])
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_xlabel("US dollars a day, list price, us-east-1")
    axes.spines[["top", "right"]].set_visible(False)


def _in_words(
    hours: Sequence[int],
    sent: Sequence[int],
    refused: Mapping[str, Sequence[int]],
    dollars: Mapping[str, float],
) -> str:
    curve = ", ".join(f"{hour} h: {count}" for hour, count in zip(hours, sent, strict=True))
    lines = [f"One day. Records sent: {curve}."]
    for name, lost in refused.items():
        when = [str(hour) for hour, count in zip(hours, lost, strict=True) if count]
        told = f"{sum(lost)} refused, at hours {', '.join(when)}" if when else "none refused"
        lines.append(f"{name.replace(chr(10), ' ')}: {told}")
    lines += [f"{name}: {cost:.2f} US dollars a day" for name, cost in dollars.items()]
    return "\n".join(lines)
