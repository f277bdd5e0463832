"""Ways to send the same events, side by side: calls, payload units and time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.pictures.figure import HATCHES, OKABE_ITO, Picture
from lab.pictures.shard_words import plural


@dataclass(frozen=True)
class Sending:
    """What it took to send `events` events in one way; `seconds` is real time."""

    way: str
    events: int
    calls: int
    payload_units: int
    seconds: float


PANELS: Final = (
    ("calls", "calls of the API\nfor each 1,000 events"),
    ("payload_units", "PUT payload units\nfor each 1,000 events"),
    ("seconds", "seconds\nfor each 1,000 events"),
)
PER: Final = 1_000


def compare(ways: Sequence[Sending]) -> Picture:
    """Three panels of bars, each on a logarithmic scale, for each 1,000 events.

    Raises ValueError when there is nothing to draw, or a way sent no event.
    """
    if not ways or not all(way.events for way in ways):
        raise ValueError("nothing to draw: each way must have sent at least one event")
    figure = Figure(figsize=(9.6, 3.9), layout="constrained")
    for axes, (name, label) in zip(figure.subplots(1, len(PANELS)), PANELS, strict=True):
        _draw(axes, ways, name)
        axes.set_ylabel(label)
    title = "What it takes to send the same events"
    figure.suptitle(title)
    return Picture(figure, "\n".join([f"{title}.", *map(_in_words, ways)]))


def _draw(axes: Axes, ways: Sequence[Sending], name: str) -> None:
    heights = [getattr(way, name) * PER / way.events for way in ways]
    for place, height in enumerate(heights):
        look: dict[str, Any] = {
            "color": OKABE_ITO[place % len(OKABE_ITO)],
            "hatch": HATCHES[place % len(HATCHES)],
            "edgecolor": "black",
        }
        axes.bar(place, height, **look)
        axes.annotate(_short(height), (place, height), ha="center", va="bottom", fontsize=9)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(lambda number, _: f"{number:,g}")
    axes.set_ylim(top=max(heights) * 3, bottom=min(heights) / 3)
    axes.set_xticks(range(len(ways)), [way.way.replace(" ", "\n") for way in ways], fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 or number == round(number) else f"{number:.2g}"


def _in_words(way: Sending) -> str:
    units = plural(way.payload_units, "payload unit")
    calls = plural(way.calls, "call")
    return f"{way.way}: {plural(way.events, 'event')}, {calls}, {units}, took {way.seconds:.2f} s"
