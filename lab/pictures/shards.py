"""Pictures of a stream, drawn from what boto3 returns. For looking only: nothing here calls AWS."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.projections.polar import PolarAxes
from matplotlib.ticker import MultipleLocator, PercentFormatter

from lab.pictures.figure import FILLS, HATCHES, OKABE_ITO, Picture
from lab.pictures.shard_words import Shard, parents_of, percent, plural, shard_name
from lab.rules.hash_space import HASH_SPACE_SIZE, hash_key, is_open, range_of, shard_for

MOST_NAMED_KEYS: Final = 24
"""With more partition keys than this, the words of a hash ring list only the busiest."""
BUSIEST_NAMED: Final = 8

RING_INSIDE: Final = 0.72
RING_OUTSIDE: Final = 1.0
LONGEST_LINE: Final = 0.42
"""Length of the line of the partition key with the most records, where the ring's radius is 1."""
FULL_LENGTH_RECORDS: Final = 10
"""With fewer records than this of every key, no line is drawn full length: few records look few."""
CENTRED: Final[dict[str, Any]] = {"ha": "center", "va": "center"}
PLATE: Final[dict[str, Any]] = {
    "boxstyle": "round,pad=0.25",
    "facecolor": "white",
    "linewidth": 0.6,
}


def _number(shard: Shard) -> int:
    """By which a shard looks the same in every picture of its stream."""
    return int("0" + "".join(filter(str.isdigit, str(shard["ShardId"]))))


def hash_ring(shards: Iterable[Shard], partition_keys: Iterable[str]) -> Picture:
    """The open shards as parts of a ring, and a line for each partition key where its hash falls.

    `shards` as ListShards gives them (closed ones are left out); `partition_keys` one for each
    record, so a key that stands more often gets a longer line. Raises ValueError when no shard is
    open, LookupError when the open shards do not cover a key.
    """
    open_shards = sorted((s for s in shards if is_open(s)), key=range_of)
    if not open_shards:
        raise ValueError("no open shard to draw: pass the shards that list_shards returned")
    records = Counter(partition_keys)
    homes = {key: shard_for(key, open_shards) for key in records}
    figure = Figure(figsize=(8.4, 4.6), layout="constrained")
    axes = figure.add_subplot(projection="polar")
    assert isinstance(axes, PolarAxes)
    _draw_ring(axes, open_shards, records, homes)
    _draw_keys(axes, records)
    _label_ring(axes)
    figure.legend(loc="outside right center", handleheight=1.8, frameon=False, labelspacing=0.8)
    total = f"{plural(records.total(), 'record')} of {plural(len(records), 'partition key')}"
    axes.set_title(f"{plural(len(open_shards), 'open shard')}, {total}", pad=12)
    return Picture(figure, _ring_in_words(open_shards, records, homes, total))


def _angle(hash_key: int) -> float:
    return 2 * math.pi * hash_key / HASH_SPACE_SIZE


def _draw_ring(axes: Axes, shards: Sequence[Shard], records: Counter[str], homes: Mapping[str, str]) -> None:
    for shard in shards:
        limits = range_of(shard)
        look = _number(shard)
        here = sum(n for key, n in records.items() if homes[key] == shard["ShardId"])
        name = shard_name(shard["ShardId"])
        axes.bar(
            _angle(limits.start),
            RING_OUTSIDE - RING_INSIDE,
            width=2 * math.pi * limits.share,
            bottom=RING_INSIDE,
            align="edge",
            color=FILLS[look % len(FILLS)],
            hatch=HATCHES[look % len(HATCHES)],
            edgecolor="black",
            linewidth=0.8,
            label=f"{name}: {percent(limits.share)} of the hash space,\n{plural(here, 'record')}",
        )
        if limits.share >= 1 / 24:
            middle = _angle(limits.start + limits.width // 2)
            axes.text(middle, (RING_INSIDE + RING_OUTSIDE) / 2, name, fontsize=9, **CENTRED, bbox=PLATE)


def _draw_keys(axes: Axes, records: Counter[str]) -> None:
    """A line inwards for each key; the one key that has the most records is named in the middle."""
    busiest = _by_count(records)[:2]
    most = busiest[0][1] if busiest else 0
    for key, count in records.items():
        angle = _angle(hash_key(key))
        tip = RING_INSIDE - LONGEST_LINE * count / max(most, FULL_LENGTH_RECORDS)
        axes.plot([angle, angle], [RING_INSIDE, tip], color="black", linewidth=1.4)
        axes.plot([angle], [tip], color="black", marker="o", markersize=4)
    if busiest and (len(busiest) == 1 or most > busiest[1][1]):
        axes.text(0, 0, f"{busiest[0][0]}:\n{plural(most, 'record')}", fontsize=9, **CENTRED)


def _label_ring(axes: PolarAxes) -> None:
    axes.set_theta_zero_location("N")
    axes.set_theta_direction(-1)
    axes.set_xticks([0, math.pi / 2, math.pi, 3 * math.pi / 2])
    axes.set_xticklabels(["0", "25 %", "50 %", "75 %"])
    axes.set_ylim(0, RING_OUTSIDE)
    axes.set_yticks([])
    axes.spines["polar"].set_visible(False)
    axes.grid(visible=False)
    axes.set_xlabel("hash key, % of 2¹²⁸, clockwise\nlength of a line: records of one key", labelpad=8)


def _ring_in_words(
    shards: Sequence[Shard], records: Counter[str], homes: Mapping[str, str], total: str
) -> str:
    lines = [f"Hash ring: {plural(len(shards), 'open shard')}, {total}."]
    for shard in shards:
        limits = range_of(shard)
        here = sum(n for key, n in records.items() if homes[key] == shard["ShardId"])
        lines.append(
            f"{shard_name(shard['ShardId'])}: {_span(shard)}, {percent(limits.share)} of the hash "
            f"space, {plural(here, 'record')}"
        )
    named = [key for key, _ in _by_count(records)]
    if len(records) > MOST_NAMED_KEYS:
        named = named[:BUSIEST_NAMED]
        lines.append(f"The {BUSIEST_NAMED} keys with the most records, in the order of their hash:")
    elif named:
        lines.append("The keys in the order of their hash:")
    lines += [
        f"{key} at {percent(hash_key(key) / HASH_SPACE_SIZE)} ({shard_name(homes[key])}): "
        f"{plural(records[key], 'record')}"
        for key in sorted(named, key=hash_key)
    ]
    return "\n".join(lines)


def _by_count(records: Counter[str]) -> list[tuple[str, int]]:
    """Keys and counts, most records first; keys with as many in the order of their names."""
    return sorted(records.items(), key=lambda item: (-item[1], item[0]))


def _span(shard: Shard) -> str:
    limits = range_of(shard)
    start, end = limits.start / HASH_SPACE_SIZE, (limits.end + 1) / HASH_SPACE_SIZE
    return f"from {percent(start)} to {percent(end)}"


def shard_tree(shards: Iterable[Shard]) -> Picture:
    """Every shard as a box: across, its part of the hash space; down, the reshardings before it.

    `shards` as ListShards gives them, closed ones among them. A parent that is no longer listed
    (it expired) is not drawn. Raises ValueError when there is no shard.
    """
    by_id = {str(s["ShardId"]): s for s in sorted(shards, key=lambda s: str(s["ShardId"]))}
    if not by_id:
        raise ValueError("no shard to draw: pass the shards that list_shards returned")
    depths = {shard_id: _depth(shard_id, by_id) for shard_id in by_id}
    deepest = max(depths.values())
    figure = Figure(figsize=(8.4, 1.6 + 1.15 * (deepest + 1)), layout="constrained")
    axes = figure.add_subplot()
    for shard_id, shard in by_id.items():
        _draw_box(axes, shard, depths[shard_id])
        for parent in _listed_parents(shard, by_id):
            _draw_descent(axes, by_id[parent], depths[parent], shard, depths[shard_id])
    _label_tree(figure, axes, deepest)
    now_open = sum(map(is_open, by_id.values()))
    title = f"Shard tree: {now_open} open, {len(by_id) - now_open} closed"
    axes.set_title(title, pad=10)
    return Picture(figure, _tree_in_words(title, by_id))


BOX_HEIGHT: Final = 0.56
OPEN_LOOK: Final[dict[str, Any]] = {"facecolor": OKABE_ITO[0], "edgecolor": "black"}
CLOSED_LOOK: Final[dict[str, Any]] = {
    "facecolor": "#DDDDDD",
    "edgecolor": "#555555",
    "hatch": "///",
}


def _listed_parents(shard: Shard, by_id: Mapping[str, Shard]) -> list[str]:
    return [parent for parent in parents_of(shard) if parent in by_id]


def _depth(shard_id: str, by_id: Mapping[str, Shard]) -> int:
    return max((_depth(p, by_id) + 1 for p in _listed_parents(by_id[shard_id], by_id)), default=0)


def _edges(shard: Shard) -> tuple[float, float]:
    limits = range_of(shard)
    return limits.start / HASH_SPACE_SIZE, (limits.end + 1) / HASH_SPACE_SIZE


def _draw_box(axes: Axes, shard: Shard, depth: int) -> None:
    left, right = _edges(shard)
    look = OPEN_LOOK if is_open(shard) else CLOSED_LOOK
    corner = (left, depth - BOX_HEIGHT / 2)
    axes.add_patch(Rectangle(corner, right - left, BOX_HEIGHT, **look))
    words = f"{shard_name(shard['ShardId'])}\n{'open' if is_open(shard) else 'closed'}"
    narrow = right - left < 0.09
    size: dict[str, Any] = {"fontsize": 7, "rotation": 90} if narrow else {"fontsize": 10}
    axes.text((left + right) / 2, depth, words, **CENTRED, bbox=PLATE, **size)


def _draw_descent(axes: Axes, parent: Shard, above: int, child: Shard, below: int) -> None:
    """An arrow from the part of the parent that the child took over."""
    left = max(_edges(parent)[0], _edges(child)[0])
    right = min(_edges(parent)[1], _edges(child)[1])
    middle = (left + right) / 2
    axes.annotate(
        "",
        xy=(middle, below - BOX_HEIGHT / 2),
        xytext=(middle, above + BOX_HEIGHT / 2),
        arrowprops={"arrowstyle": "->", "linewidth": 1.4, "shrinkA": 0, "shrinkB": 1},
    )


def _label_tree(figure: Figure, axes: Axes, deepest: int) -> None:
    axes.set_xlim(-0.005, 1.005)
    axes.set_ylim(deepest + 0.5, -0.5)
    axes.xaxis.set_major_formatter(PercentFormatter(xmax=1, symbol=" %"))
    axes.yaxis.set_major_locator(MultipleLocator(1))
    axes.set_xlabel("hash key, % of 2¹²⁸")
    axes.set_ylabel("reshardings before it")
    axes.spines[["top", "right"]].set_visible(False)
    looks = [Patch(**OPEN_LOOK, label="open: read and written")]
    looks.append(Patch(**CLOSED_LOOK, label="closed: only read"))
    figure.legend(handles=looks, loc="outside lower center", ncols=2, frameon=False)


def _tree_in_words(title: str, by_id: Mapping[str, Shard]) -> str:
    lines = [f"{title}."]
    for shard_id, shard in by_id.items():
        share = f"{percent(range_of(shard).share)} of the hash space"
        state = "open" if is_open(shard) else "closed"
        name = shard_name(shard_id)
        lines.append(f"{name}: {state}, {_span(shard)}, {share}{_origin(shard)}")
    return "\n".join(lines)


def _origin(shard: Shard) -> str:
    parents = [shard_name(parent) for parent in parents_of(shard)]
    if not parents:
        return ""
    return f", {'split from' if len(parents) == 1 else 'merged from'} {' and '.join(parents)}"
