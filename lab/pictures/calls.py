"""A picture of calls over time, from the logs of `lab.load`: who was let in, who was refused, and when."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from lab.load import Call
from lab.pictures.figure import HATCHES, OKABE_ITO, Picture
from lab.pictures.shard_words import plural

BIN_SECONDS: Final = 0.1
"""Width of a bar, in seconds."""
ACCEPTED: Final[dict[str, Any]] = {"color": OKABE_ITO[5], "label": "accepted"}
REFUSED: Final[dict[str, Any]] = {
    "facecolor": OKABE_ITO[1],
    "hatch": HATCHES[1],
    "edgecolor": "black",
    "linewidth": 0.4,
    "label": "refused",
}


@dataclass(frozen=True)
class Outcome:
    """What came of one way to retry."""

    calls: int
    stored: int
    last: float
    """When the last record was stored, in seconds."""

    @classmethod
    def of(cls, calls: Sequence[Call]) -> "Outcome":
        stored = [call.seconds for call in calls if call.error is None]
        return cls(len(calls), len(stored), max(stored, default=0.0))


def retry_timelines(runs: Mapping[str, Sequence[Call]], records: int) -> Picture:
    """One row for each way to retry: its calls over time, and how many of RECORDS were stored in the end.

    Raises ValueError when there is no run.
    """
    if not runs:
        raise ValueError("no run to draw: pass the calls of at least one way to retry")
    figure = Figure(figsize=(8.4, 1.2 + 1.05 * len(runs)), layout="constrained")
    rows = figure.subplots(len(runs), sharex=True, sharey=True, squeeze=False)[:, 0]
    for axes, (name, calls) in zip(rows, runs.items(), strict=True):
        _draw_calls(axes, calls)
        told = Outcome.of(calls)
        lost = f", {records - told.stored} lost" if told.stored < records else ""
        axes.set_title(
            f"{name}: {plural(told.calls, 'call')}, {told.stored} of {records} stored{lost}, "
            f"the last after {told.last:.1f} s",
            **LEFT,
        )
        axes.spines[["top", "right"]].set_visible(False)
    rows[-1].set_xlabel("seconds since the start")
    figure.supylabel(f"calls in {BIN_SECONDS:g} s", fontsize="medium")
    looks = [Patch(**ACCEPTED), Patch(**REFUSED)]
    figure.legend(handles=looks, loc="outside lower center", ncols=2, frameon=False)
    return Picture(figure, _in_words(runs, records))


LEFT: Final[dict[str, Any]] = {"loc": "left", "fontsize": "medium"}


def _draw_calls(axes: Axes, calls: Sequence[Call]) -> None:
    counts = {True: Counter[int](), False: Counter[int]()}
    for call in calls:
        counts[call.error is None][int(call.seconds / BIN_SECONDS)] += 1
    bins = range(max([*counts[True], *counts[False]], default=0) + 1)
    places = [(number + 0.5) * BIN_SECONDS for number in bins]
    accepted = [counts[True][number] for number in bins]
    refused = [counts[False][number] for number in bins]
    axes.bar(places, accepted, BIN_SECONDS, **ACCEPTED)
    axes.bar(places, refused, BIN_SECONDS, bottom=accepted, **REFUSED)
    for bar in axes.containers[-1]:
        bar.set_visible(bar.get_height() > 0)  # or its outline would be a line on top of the accepted ones


def _in_words(runs: Mapping[str, Sequence[Call]], records: int) -> str:
    lines = [f"Calls over time, {plural(len(runs), 'way')} to retry, {plural(records, 'record')} each."]
    for name, calls in runs.items():
        told = Outcome.of(calls)
        lines.append(
            f"{name}: {plural(told.calls, 'call')}, {told.calls - told.stored} of them refused; "
            f"{told.stored} of {records} records stored, the last after {told.last:.1f} s"
        )
    return "\n".join(lines)
