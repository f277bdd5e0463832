"""A day in the life of a stream, as a dashboard shows it: load, a consumer's age, an alarm. Calls no AWS."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MultipleLocator

from lab.pictures.figure import OKABE_ITO, Picture
from lab.pictures.metrics import STATES

TICK_HOURS = 2


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
    _draw_alarm(lower, alarm)
    lower.set_xlabel("hour of the day")
    lower.xaxis.set_major_locator(MultipleLocator(TICK_HOURS))
    for axes in (upper, middle, lower):
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle("One day of the stream")
    words = _in_words(written, age_hours, alarm, limit_hours)
    return Picture(figure, words, _in_short(written, age_hours, alarm, limit_hours))


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


def _draw_alarm(axes: Axes, alarm: Sequence[str]) -> None:
    for hour, state in enumerate(alarm):
        axes.bar(hour, 1, width=1, **STATES[state])
    looks = [Patch(**STATES[state], label=state) for state in STATES if state in alarm]
    axes.legend(handles=looks, loc="upper left", bbox_to_anchor=(0, -0.6), ncols=3, frameon=False)
    axes.set_yticks([])
    axes.set_ylabel("alarm")


def _in_words(
    written: Sequence[float], ages: Sequence[float | None], alarm: Sequence[str], limit: float
) -> str:
    lines = [f"One day of the stream, hour by hour; the alarm's limit is an age of {limit:g} hours."]
    for hour, (records, age, state) in enumerate(zip(written, ages, alarm, strict=True)):
        told = "no age, since nobody read" if age is None else f"age {age:.1f} hours"
        lines.append(f"hour {hour}: {records:g} records written, {told}, alarm {state}")
    return "\n".join(lines)


def _in_short(
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
