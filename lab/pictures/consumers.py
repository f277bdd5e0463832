"""Pictures of consumers: how late records come to them, and what Lambda was given, call by call."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from lab.pictures.figure import HATCHES, OKABE_ITO, Picture
from lab.pictures.shard_words import plural, shard_name

Invocation = Mapping[str, Any]
MARKERS: Final = ("o", "s", "^", "D", "v", "P")
COLOURS: Final = (OKABE_ITO[5], OKABE_ITO[6], OKABE_ITO[2], OKABE_ITO[4], OKABE_ITO[1], OKABE_ITO[0])
BAR_WIDTH: Final = 0.62
OUTCOMES: Final[Mapping[str, tuple[str, str, str]]] = {
    "success": (OKABE_ITO[2], HATCHES[0], "success"),
    "partial": (OKABE_ITO[0], HATCHES[2], "partial: done up to the reported record"),
    "error": (OKABE_ITO[6], HATCHES[1], "error: the whole batch failed"),
    "throttled": (OKABE_ITO[3], HATCHES[5], "throttled"),
    "given_up": ("#FFFFFF", HATCHES[4], "given up"),
}
"""Fill, hatch and words of each outcome."""
NEXT: Final[Mapping[str, str]] = {"retry": "again", "split": "split", "give_up": "give up"}
"""What follows a failed invocation, as the picture has it."""


def delays(late: Mapping[str, Sequence[float]]) -> Picture:
    """A row for each way of reading: how many milliseconds after it was put each record came.

    LATE: the milliseconds of each record, by the way's name. The bar is the median. Raises ValueError when a
    way has no record.
    """
    if empty := [way for way, times in late.items() if not times]:
        raise ValueError(f"no record came by {empty[0]}: there is nothing to draw")
    figure = Figure(figsize=(8.4, 1.5 + 0.75 * len(late)), layout="constrained")
    axes = figure.add_subplot()
    for row, (way, times) in enumerate(late.items()):
        look: dict[str, Any] = {"marker": MARKERS[row % len(MARKERS)], "color": COLOURS[row % len(COLOURS)]}
        spread = [row + ((place % 5) - 2) * 0.09 for place in range(len(times))]
        axes.plot(times, spread, linestyle="none", markersize=5, alpha=0.75, label=way, **look)
        middle = median(times)
        axes.plot([middle, middle], [row - 0.36, row + 0.36], color="black", linewidth=2)
        axes.text(middle, row - 0.4, f"{middle:.0f} ms", ha="left", va="bottom", fontsize=9)
    axes.set_yticks(range(len(late)), list(late))
    axes.set_ylim(len(late) - 0.4, -0.75)
    axes.set_xlim(left=0)
    axes.set_xlabel("milliseconds from put to get; the line is the median")
    axes.set_ylabel("way of reading")
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title("How late a record comes", pad=10)
    told = [
        f"{way}: {plural(len(times), 'record')}, median {median(times):.0f} ms, longest {max(times):.0f} ms."
        for way, times in late.items()
    ]
    return Picture(figure, "\n".join(["How late records came, in milliseconds from put to get.", *told]))


def invocation_timeline(
    log: Sequence[Invocation], numbers: Mapping[str, Sequence[str]], title: str = "What Lambda was given"
) -> Picture:
    """A panel for each shard: its invocations from left to right, the records of each from top to bottom.

    LOG: entries of the lab's log of invocations. NUMBERS: for each shard id the sequence numbers of its
    records, in order. Each shard counts its own invocations, as shards don't wait for each other. Raises
    ValueError when no entry is of these shards.
    """
    shards = [shard for shard in sorted(numbers) if any(entry["shard"] == shard for entry in log)]
    if not shards:
        raise ValueError("no invocation to draw: wait until the mapping has called the function")
    figure = Figure(figsize=(8.4, 4.4), layout="constrained")
    panels = {shard: [entry for entry in log if entry["shard"] == shard] for shard in shards}
    widths = [max(2.0, len(entries)) for entries in panels.values()]
    grid = figure.subplots(1, len(shards), squeeze=False, gridspec_kw={"width_ratios": widths})[0]
    for axes, (shard, entries) in zip(grid, panels.items(), strict=True):
        _draw_shard(axes, shard, entries, list(numbers[shard]))
    figure.supylabel("record of the shard", fontsize=10)
    figure.suptitle(title)
    found = [one for one in OUTCOMES if any(e["outcome"] == one for es in panels.values() for e in es)]
    looks = [Patch(**_look(one), label=OUTCOMES[one][2]) for one in found]
    figure.legend(handles=looks, loc="outside lower center", ncols=2, frameon=False)
    return Picture(figure, _in_words(title, panels, numbers))


def _look(outcome: str) -> dict[str, Any]:
    fill, hatch, _ = OUTCOMES[outcome]
    return {"facecolor": fill, "hatch": hatch, "edgecolor": "black"}


def _draw_shard(axes: Axes, shard: str, entries: Sequence[Invocation], numbers: Sequence[str]) -> None:
    for place, entry in enumerate(entries, 1):
        first, last = _span(entry, numbers)
        look = _look(entry["outcome"])
        axes.bar(place, last - first + 1, BAR_WIDTH, bottom=first - 0.5, linewidth=0.8, **look)
        if word := NEXT.get(entry["then"], ""):
            axes.text(place, last + 0.6, word, ha="center", va="top", fontsize=8, rotation=90)
    calls = sum(entry["outcome"] != "given_up" for entry in entries)
    axes.set_title(f"{shard_name(shard)}: {plural(calls, 'call')}", fontsize=10)
    axes.set_xlim(0.4, max(2, len(entries)) + 0.6)
    axes.set_ylim(len(numbers) + 2.1, 0.3)
    axes.set_xticks(range(1, len(entries) + 1))
    axes.set_yticks(range(1, len(numbers) + 1))
    axes.set_xlabel("calls, in order")
    axes.spines[["top", "right"]].set_visible(False)


def _span(entry: Invocation, numbers: Sequence[str]) -> tuple[int, int]:
    """First and last record of an invocation, counted from 1 within the shard."""
    return numbers.index(entry["first"]) + 1, numbers.index(entry["last"]) + 1


def _in_words(
    title: str, panels: Mapping[str, Sequence[Invocation]], numbers: Mapping[str, Sequence[str]]
) -> str:
    lines = [f"{title}."]
    for shard, entries in panels.items():
        told = []
        for entry in entries:
            first, last = _span(entry, list(numbers[shard]))
            records = f"record {first}" if first == last else f"records {first} to {last}"
            then = NEXT.get(entry["then"], "")
            told.append(f"{records} {entry['outcome'].replace('_', ' ')}{f', {then}' if then else ''}")
        lines.append(f"{shard_name(shard)}: {'; '.join(told)}.")
    return "\n".join(lines)
