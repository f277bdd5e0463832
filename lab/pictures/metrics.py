"""Pictures of CloudWatch metrics: shards side by side, a dashboard by the minute. Nothing here calls AWS."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from lab.pictures.figure import HATCHES, OKABE_ITO, Picture
from lab.pictures.shard_words import plural, shard_name, shard_number

TAKEN: Final[dict[str, Any]] = {"color": OKABE_ITO[5]}
REFUSED: Final[dict[str, Any]] = {
    "facecolor": OKABE_ITO[1],
    "hatch": HATCHES[1],
    "edgecolor": "black",
    "linewidth": 0.6,
}
FAILED: Final[dict[str, Any]] = {
    "facecolor": OKABE_ITO[4],
    "hatch": HATCHES[4],
    "edgecolor": "black",
    "linewidth": 0.6,
}
LIMIT: Final[dict[str, Any]] = {"color": "black", "linestyle": "--", "linewidth": 1}
STATES: Final[dict[str, dict[str, Any]]] = {
    "OK": {"facecolor": OKABE_ITO[0], "edgecolor": "black"},
    "ALARM": {"facecolor": OKABE_ITO[6], "hatch": HATCHES[2], "edgecolor": "black"},
    "INSUFFICIENT_DATA": {"facecolor": "#EEEEEE", "edgecolor": "black"},
}

Loads = Mapping[str, tuple[float, float]]
"""For each shard id: records taken (IncomingRecords), refused (WriteProvisionedThroughputExceeded)."""


def shard_bars(scenes: Mapping[str, Loads], limit: float) -> Picture:
    """The shards of one or more scenes, each with what it took and refused, and the LIMIT of a shard.

    Raises ValueError when there is no scene, or one without a shard.
    """
    if not scenes or not all(scenes.values()):
        raise ValueError("no shard to draw: pass the sums of each shard's metrics")
    figure = Figure(figsize=(max(4.2, 1.4 + 1.75 * len(scenes)), 3.6), layout="constrained")
    panels = figure.subplots(1, len(scenes), sharey=True, squeeze=False)[0]
    for axes, (name, loads) in zip(panels, scenes.items(), strict=True):
        _draw_loads(axes, loads)
        axes.axhline(limit, **LIMIT)
        axes.set_title(name, fontsize="medium")
        axes.set_xlabel("shard")
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("records")
    looks = [
        Patch(**TAKEN, label="taken"),
        Patch(**REFUSED, label="refused"),
        Line2D([], [], **LIMIT, label=f"a full bucket: {limit:g}"),
    ]
    figure.legend(handles=looks, loc="outside lower center", ncols=3, frameon=False)
    return Picture(figure, _loads_in_words(scenes, limit))


def _draw_loads(axes: Axes, loads: Loads) -> None:
    names = [shard_number(shard_id) for shard_id in loads]
    taken = [load[0] for load in loads.values()]
    axes.bar(names, taken, **TAKEN)
    refused = axes.bar(names, [load[1] for load in loads.values()], bottom=taken, **REFUSED)
    for bar in refused:
        bar.set_visible(bar.get_height() > 0)  # or its outline would be a line on top of what was taken


def _loads_in_words(scenes: Mapping[str, Loads], limit: float) -> str:
    lines = [f"Records by shard; a full bucket holds {limit:g}."]
    for name, loads in scenes.items():
        told = [
            f"{shard_name(shard_id)} took {taken:g}" + (f" and refused {refused:g}" if refused else "")
            for shard_id, (taken, refused) in loads.items()
        ]
        lines.append(f"{name}: {'; '.join(told)}")
    return "\n".join(lines)


def write_dashboard(
    success: Sequence[float], throttled: Sequence[float], failed: Sequence[float], alarm: Sequence[str]
) -> Picture:
    """A stream's writes by the minute: what looks healthy, what is not, and what an alarm said.

    SUCCESS: PutRecords.Success, average of a minute, 0 to 1. THROTTLED, FAILED: sums of
    PutRecords.ThrottledRecords and .FailedRecords. ALARM: the alarm's state after each minute.
    Raises ValueError when they do not tell of the same number of minutes.
    """
    minutes = range(1, len(success) + 1)
    if not minutes or {len(throttled), len(failed), len(alarm)} != {len(minutes)}:
        raise ValueError("each series needs one value for each minute, and at least one minute")
    figure = Figure(figsize=(8.4, 5.2), layout="constrained")
    upper, middle, lower = figure.subplots(3, sharex=True, height_ratios=(2, 3, 1))
    upper.plot(minutes, success, color=OKABE_ITO[2], marker="o")
    upper.set_ylim(0, 1.15)
    upper.set_ylabel("Success,\naverage of calls")
    middle.bar(minutes, throttled, **REFUSED, label="ThrottledRecords")
    middle.bar(minutes, failed, bottom=throttled, **FAILED, label="FailedRecords")
    middle.set_ylabel("records\nin a minute")
    middle.legend(frameon=False)
    _draw_states(lower, alarm)
    lower.set_xlabel("minute")
    lower.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes in (upper, middle, lower):
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle("PutRecords by the minute")
    return Picture(figure, _dashboard_in_words(success, throttled, failed, alarm))


def _draw_states(axes: Axes, alarm: Sequence[str]) -> None:
    for minute, state in enumerate(alarm, 1):
        axes.bar(minute, 1, width=1, **STATES[state])
    looks = [Patch(**STATES[state], label=state) for state in STATES if state in alarm]
    axes.legend(handles=looks, loc="upper left", bbox_to_anchor=(0, -0.45), ncols=3, frameon=False)
    axes.set_yticks([])
    axes.set_ylabel("alarm")


def _dashboard_in_words(
    success: Sequence[float], throttled: Sequence[float], failed: Sequence[float], alarm: Sequence[str]
) -> str:
    lines = [f"PutRecords by the minute, {plural(len(success), 'minute')}."]
    for minute, told in enumerate(zip(success, throttled, failed, alarm, strict=True), 1):
        lines.append(
            "minute {}: Success {:g}, ThrottledRecords {:g}, FailedRecords {:g}, alarm {}".format(
                minute, *told
            )
        )
    return "\n".join(lines)
