"""A picture of who held which shard's lease, and when, drawn from the events of a KCL application."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import dropwhile
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from lab.kcl.events import Event
from lab.pictures.figure import FILLS, HATCHES, Picture
from lab.pictures.shard_words import plural, shard_name

SHARD_END: Final = "SHARD_END"
BAR_HEIGHT: Final = 0.6
NARROWEST_NAMED: Final = 0.02
"""A bar that is a smaller part of the time than this has no room for its worker's name."""
NARROWEST_FLAT: Final = 0.1
"""A bar narrower than this has the name upright."""
ORPHAN: Final[dict[str, Any]] = {"facecolor": "white", "edgecolor": "black", "linestyle": "--"}
UPRIGHT: Final[dict[str, Any]] = {
    "fontsize": 6,
    "rotation": 90,
    "bbox": {"boxstyle": "round,pad=0.1", "facecolor": "white", "linewidth": 0.4},
}
PLATE: Final[dict[str, Any]] = {"boxstyle": "round,pad=0.2", "facecolor": "white", "linewidth": 0.6}


@dataclass(frozen=True)
class Holding:
    """A worker that had a shard's lease for a time; seconds since the first event."""

    shard: str
    worker: str
    start: float
    end: float
    killed: bool
    """The worker was dead by then: only the lease table still named it."""


def lease_timeline(events: Iterable[Event]) -> Picture:
    """Shards as rows, seconds across: whose each lease was, every checkpoint, and workers that were killed.

    EVENTS as `Application.events` gives them; the owners are those that the lease table named, looked at once
    a second. The picture begins when the first lease has an owner: KCL's start would take half of it. A
    shard's row ends with its checkpoint SHARD_END. Raises ValueError when no lease had an owner.
    """
    everything = sorted(events, key=lambda event: event.at)
    known = list(dropwhile(lambda event: event.owner is None, everything))
    held = holdings(known)
    if not held:
        raise ValueError("no lease had an owner yet: start a worker and wait for its first record")
    zero, seconds = known[0].at, known[-1].at - known[0].at
    shards = sorted({holding.shard for holding in held})
    workers = sorted({holding.worker for holding in held} | _started(everything))
    figure = Figure(figsize=(8.4, 1.9 + 0.62 * len(shards)), layout="constrained")
    axes = figure.add_subplot()
    for holding in held:
        _draw_holding(axes, holding, shards.index(holding.shard), workers, seconds)
    _draw_moments(axes, known, shards, zero)
    _label(figure, axes, shards, workers, seconds)
    return Picture(figure, _in_words(known, held, shards, zero, seconds))


def holdings(events: Sequence[Event]) -> list[Holding]:
    """Who had which lease, by shard and time; EVENTS in the order of time."""
    if not events:
        return []
    zero, last = events[0].at, events[-1].at
    killed = {event.worker: event.at for event in events if event.kind == "worker_killed"}
    found = []
    for shard in sorted({event.shard for event in events if event.kind == "owner_changed" and event.shard}):
        changes = [event for event in events if event.kind == "owner_changed" and event.shard == shard]
        end = _ended_at(events, shard) or last
        for change, until in zip(changes, [*(event.at for event in changes[1:]), end], strict=True):
            if change.owner is not None and change.at < min(until, end):
                span = (change.at, min(until, end))
                found += _parted(shard, change.owner, span, killed.get(change.owner), zero)
    return found


def _parted(
    shard: str, worker: str, span: tuple[float, float], death: float | None, zero: float
) -> list[Holding]:
    """One holding, or two when the worker was killed meanwhile."""
    start, end = span
    if death is None or not start < death < end:
        return [Holding(shard, worker, start - zero, end - zero, killed=False)]
    alive = Holding(shard, worker, start - zero, death - zero, killed=False)
    return [alive, Holding(shard, worker, death - zero, end - zero, killed=True)]


def _ended_at(events: Sequence[Event], shard: str) -> float | None:
    ends = (
        e.at for e in events if e.kind == "checkpoint" and (e.shard, e.sequence_number) == (shard, SHARD_END)
    )
    return next(ends, None)


def _started(events: Sequence[Event]) -> set[str]:
    return {event.worker for event in events if event.kind == "worker_started" and event.worker}


def _look(worker: str, workers: Sequence[str]) -> dict[str, Any]:
    number = workers.index(worker)
    return {
        "facecolor": FILLS[number % len(FILLS)],
        "hatch": HATCHES[number % len(HATCHES)],
        "edgecolor": "black",
    }


def _draw_holding(axes: Axes, holding: Holding, row: int, workers: Sequence[str], seconds: float) -> None:
    look = ORPHAN if holding.killed else _look(holding.worker, workers)
    width = holding.end - holding.start
    axes.barh(row, width, left=holding.start, height=BAR_HEIGHT, linewidth=0.8, **look)
    if width >= NARROWEST_NAMED * seconds and not holding.killed:
        flat = width >= NARROWEST_FLAT * seconds
        size: dict[str, Any] = {"fontsize": 9, "bbox": PLATE} if flat else UPRIGHT
        middle = holding.start + width / 2
        axes.text(middle, row, holding.worker, ha="center", va="center", **size)


def _draw_moments(axes: Axes, events: Sequence[Event], shards: Sequence[str], zero: float) -> None:
    """A tick below the bar for each checkpoint, a square for the one at a shard's end, a line for a kill."""
    for event in events:
        at = event.at - zero
        if event.kind == "worker_killed":
            axes.axvline(at, color="black", linewidth=1.2, linestyle=":")
            words = f"{event.worker} killed "
            axes.text(at, -0.62, words, fontsize=9, ha="right", va="center")
        elif event.kind == "checkpoint" and event.shard in shards:
            row = shards.index(event.shard)
            ended = event.sequence_number == SHARD_END
            axes.plot(
                [at], [row + 0.38], color="black", marker="s" if ended else 2, markersize=6 if ended else 5
            )


def _label(figure: Figure, axes: Axes, shards: Sequence[str], workers: Sequence[str], seconds: float) -> None:
    axes.set_xlim(0, seconds)
    axes.set_ylim(len(shards) - 0.4, -0.9)
    axes.set_yticks(range(len(shards)), [shard_name(shard) for shard in shards])
    axes.set_xlabel("seconds since the first lease had an owner")
    axes.set_ylabel("lease")
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title("Whose lease it was", pad=10)
    looks = [Patch(**_look(worker, workers), label=worker) for worker in workers]
    looks.append(Patch(**ORPHAN, label="killed, not yet replaced"))
    ticks: list[Any] = axes.plot([], [], color="black", marker=2, linestyle="none", label="checkpoint")
    ticks += axes.plot([], [], color="black", marker="s", linestyle="none", label="checkpoint SHARD_END")
    figure.legend(handles=[*looks, *ticks], loc="outside lower center", ncols=3, frameon=False)


def _in_words(
    events: Sequence[Event], held: Sequence[Holding], shards: Sequence[str], zero: float, seconds: float
) -> str:
    lines = [f"Leases of {plural(len(shards), 'shard')} in {seconds:.0f} seconds."]
    for shard in shards:
        spans = [
            f"{h.worker}{', killed,' if h.killed else ''} from {h.start:.0f} to {h.end:.0f} s"
            for h in held
            if h.shard == shard
        ]
        count = sum(e.kind == "checkpoint" and e.shard == shard for e in events)
        ended = _ended_at(events, shard)
        end = f", the last at the shard's end at {ended - zero:.0f} s" if ended else ""
        lines.append(f"{shard_name(shard)}: {', '.join(spans)}; {plural(count, 'checkpoint')}{end}")
    lines += [f"{e.worker} was killed at {e.at - zero:.0f} s." for e in events if e.kind == "worker_killed"]
    return "\n".join(lines)
