"""Is a figure complete? Every axis has a label with its unit, and every look is in a legend or named."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle, Wedge
from matplotlib.text import Text

UNIT = re.compile(
    r"\b((milli)?seconds?|s|minutes?|hours?|dollars|records?|calls?|units|reshardings|average|KiB|files)\b|%"
)
NEAR = 0.09
"""How far a name may stand from what it names, as a part of the axes' width or height."""

Look = tuple[str, ...]


def faults(figure: Figure) -> list[str]:
    """What is missing, in words; nothing for a complete figure."""
    every = figure.get_axes()
    told = [fault for axes in every for fault in _axis_faults(figure, axes, every)]
    known = {_look(handle) for legend in _legends(figure) for handle in legend.legend_handles}
    told += [f"a legend without a word for {text!r}" for text in _nameless(figure)]
    return told + [fault for axes in every for fault in _look_faults(axes, known)]


def _legends(figure: Figure) -> list[Any]:
    figures: list[Any] = [figure, *figure.subfigs]
    found = [legend for one in figures for legend in one.legends]
    return found + [legend for axes in figure.get_axes() if (legend := axes.get_legend())]


def _nameless(figure: Figure) -> list[str]:
    return [
        t.get_text() for legend in _legends(figure) for t in legend.get_texts() if not t.get_text().strip()
    ]


def _axis_faults(figure: Figure, axes: Axes, every: list[Axes]) -> Iterator[str]:
    for name, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
        ticks = [label.get_text() for label in axis.get_ticklabels()]
        if name == "y" and not len(axis.get_ticklocs()):
            continue  # nothing is measured along it
        named = any(re.search(r"[a-z]{3}", tick) for tick in ticks)
        label = _label(figure, axes, name, every)
        if not label and not named:
            yield f"an axis {name} without a label"
        elif label and not named and name + "shard" != f"x{label}" and not UNIT.search(label):
            yield f"an axis {name}, {label!r}, without a unit"


def _label(figure: Figure, axes: Axes, name: str, every: list[Axes]) -> str:
    """An axis' label; that of the axes that it shares with, where it has none of its own."""
    group = axes.get_shared_x_axes() if name == "x" else axes.get_shared_y_axes()
    sharing = [one for one in every if one is axes or group.joined(axes, one)]
    labels = [getattr(one, f"get_{name}label")() for one in (axes, *sharing)]
    whole = figure.get_supylabel() if name == "y" else figure.get_supxlabel()
    return next((label for label in (*labels, whole) if label), "")


def _look(artist: Any) -> Look:
    if isinstance(artist, Line2D):
        line = artist.get_linestyle() if artist.get_linestyle() != "None" else ""
        return "line", to_hex(artist.get_color()), str(line), str(artist.get_marker())
    return "area", to_hex(artist.get_facecolor()), "".join(sorted(set(artist.get_hatch() or "")))


def _look_faults(axes: Axes, known: set[Look]) -> Iterator[str]:
    areas = [one for one in axes.patches if one.get_visible() and isinstance(one, Rectangle | Wedge)]
    lines = [one for one in axes.lines if one.get_visible() and len(one.get_xdata())]  # type: ignore[arg-type]
    drawn: list[Patch | Line2D] = [*areas, *lines]
    looks = {_look(one) for one in drawn}
    if len(looks) == 1:
        return  # the axis' label says what it is
    singly = _stands_alone(axes, areas)
    for one in drawn:
        if _look(one) not in known and not (_named(axes, one) or (one in areas and singly)):
            yield f"nothing says what {_look(one)} is"


def _stands_alone(axes: Axes, areas: list[Any]) -> bool:
    """One bar for each tick that has a name."""
    if not areas or not any(re.search(r"[a-z]{3}", label.get_text()) for label in axes.get_xticklabels()):
        return False
    places = Counter(round(one.get_x() + one.get_width() / 2, 6) for one in areas)
    return max(places.values()) == 1 and set(places) <= {round(at, 6) for at in axes.get_xticks()}


def _named(axes: Axes, one: Patch | Line2D) -> bool:
    """A text stands on it or right beside it, or the axis' label tells of lines."""
    if isinstance(one, Line2D):
        if "line" in axes.get_xlabel():
            return True
        points = one.get_transform().transform(one.get_xydata())
        corners = axes.transAxes.inverted().transform(points)
        return any(_near(axes, text, corners) for text in axes.texts)
    box = one.get_window_extent()
    return any(box.contains(*text.get_transform().transform(text.get_position())) for text in axes.texts)


def _near(axes: Axes, text: Text, corners: Any) -> bool:
    across, up = axes.transAxes.inverted().transform(text.get_transform().transform(text.get_position()))
    upright = len({round(float(x), 4) for x, _ in corners}) == 1
    return any(abs(x - across) <= NEAR and (upright or abs(y - up) <= NEAR) for x, y in corners)
