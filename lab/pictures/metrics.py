"""Pictures of CloudWatch metrics: shards side by side, dashboards by minute and hour. None calls AWS."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, MultipleLocator

from lab.pictures.figure import HATCHES, OKABE_ITO, Picture
from lab.pictures.shard_words import plural, shard_name, shard_number

TICK_HOURS: Final = 2

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


def day_dashboard(
    written: Sequence[float], age_hours: Sequence[float | None], alarm: Sequence[str], limit_hours: float
) -> Picture:
    """Hours 0, 1, 2 ... of a stream. Nothing here asks whether they are 24.

    WRITTEN: records in each hour. AGE_HOURS: the largest iterator age in it, in hours; None where nobody
    read, so that the metric had no data. ALARM: the state of the alarm on that age at the end of each hour.
    LIMIT_HOURS: the alarm's threshold. Raises ValueError when they do not tell of the same number of hours.
    """
    if not written or {len(age_hours), len(alarm)} != {len(written)}:
        raise ValueError("each series needs one value for each hour, and at least one hour")
    figure = Figure(figsize=(8.4, 5.4), layout="constrained")
    upper, middle, lower = figure.subplots(3, sharex=True, height_ratios=(3, 3, 1))
    hours = range(len(written))
    upper.bar(hours, written, color=OKABE_ITO[5])
    upper.set_ylabel("records written\nin an hour")
    _draw_age(middle, age_hours, limit_hours)
    _draw_hours_of_alarm(lower, alarm)
    lower.set_xlabel("hour of the day")
    lower.xaxis.set_major_locator(MultipleLocator(TICK_HOURS))
    for axes in (upper, middle, lower):
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle("One day of the stream")
    words = _day_in_words(written, age_hours, alarm, limit_hours)
    return Picture(figure, words, _day_in_short(written, age_hours, alarm, limit_hours))


def _draw_age(axes: Axes, ages: Sequence[float | None], limit: float) -> None:
    seen = [(hour, age) for hour, age in enumerate(ages) if age is not None]
    hours, values = [hour for hour, _ in seen], [age for _, age in seen]
    axes.plot(hours, values, color=OKABE_ITO[5], marker="o", label="iterator age")
    for gap in (hour for hour, age in enumerate(ages) if age is None):
        axes.axvspan(gap - 0.5, gap + 0.5, facecolor="#DDDDDD", hatch="//", edgecolor="#777777")
    axes.axhline(limit, color="black", linestyle="--", linewidth=1, label="limit of the alarm")
    axes.set_ylim(-0.05 * limit, limit * 1.2)  # below 0, so that a mark at 0 is whole
    axes.set_ylabel("iterator age,\nhours")
    handles: list[Line2D | Patch] = [*axes.lines]
    if len(seen) < len(ages):
        handles.append(Patch(facecolor="#DDDDDD", hatch="//", edgecolor="#777777", label="no data"))
    axes.legend(handles=handles, loc="center left", frameon=False)


def _draw_hours_of_alarm(axes: Axes, alarm: Sequence[str]) -> None:
    for hour, state in enumerate(alarm):
        axes.bar(hour, 1, width=1, **STATES[state])
    looks = [Patch(**STATES[state], label=state) for state in STATES if state in alarm]
    axes.legend(handles=looks, loc="upper left", bbox_to_anchor=(0, -0.6), ncols=3, frameon=False)
    axes.set_yticks([])
    axes.set_ylabel("alarm")


def _day_in_words(
    written: Sequence[float], ages: Sequence[float | None], alarm: Sequence[str], limit: float
) -> str:
    lines = [f"One day of the stream, hour by hour; the alarm's limit is an age of {limit:g} hours."]
    for hour, (records, age, state) in enumerate(zip(written, ages, alarm, strict=True)):
        told = "no age, since nobody read" if age is None else f"age {age:.1f} hours"
        lines.append(f"hour {hour}: {records:g} records written, {told}, alarm {state}")
    return "\n".join(lines)


def _day_in_short(
    written: Sequence[float], ages: Sequence[float | None], alarm: Sequence[str], limit: float
) -> str:
    rings = [str(hour) for hour, state in enumerate(alarm) if state == "ALARM"]
    silent = [str(hour) for hour, age in enumerate(ages) if age is None]
    return (
        f"One day of the stream, hour by hour; the alarm's limit is an age of {limit:g} hours. "
        f"From {min(written):g} to {max(written):g} records are written in an hour. "
        f"Hours without data on the age: {', '.join(silent) or 'none'}. "
        f"Hours in which the alarm rings: {', '.join(rings) or 'none'}."
    )
