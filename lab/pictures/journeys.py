"""A picture of some records' way: from the producer, through the shards, to the consumer."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from lab.pictures.figure import OKABE_ITO, Picture
from lab.pictures.shard_words import plural, shard_name

Record = Mapping[str, Any]
LINES: Final = ("-", "--", ":", "-.")
"""The second channel beside colour: how the line of a shard's records is drawn."""
COLOURS: Final = (OKABE_ITO[5], OKABE_ITO[6], OKABE_ITO[2], OKABE_ITO[4])
"""The Okabe-Ito colours that are dark enough for a line on white."""

PRODUCER, SHARD, CONSUMER = 0.0, 0.5, 1.0
"""Where the three columns stand, across."""
HALF_BOX: Final = 0.09


def journey(sent: Sequence[Record], read: Mapping[str, Sequence[Record]]) -> Picture:
    """Lines from the order of sending, by way of the shards, to the order of reading.

    `sent`: the entries given to PutRecords, each with other data than the rest. `read`: for each
    shard id, the records that GetRecords returned. Raises ValueError for a record that was read and
    not sent.
    """
    places = {(entry["PartitionKey"], entry["Data"]): place for place, entry in enumerate(sent)}
    arrivals = [(shard_id, record) for shard_id in read for record in read[shard_id]]
    for _, record in arrivals:
        if _name(record) not in places:
            raise ValueError(f"{_label(record)} was read and not sent: pass what put_records took")
    slots = sum(max(len(records), 1) for records in read.values())
    figure = Figure(figsize=(8.4, 1.6 + 0.42 * max(len(sent), slots, 3)), layout="constrained")
    axes = figure.add_subplot()
    for entry, place in zip(sent, places.values(), strict=True):
        axes.text(PRODUCER - 0.02, place, f"{place + 1}. {_label(entry)}", ha="right", va="center")
    slot = arrival = 0
    for number, (shard_id, records) in enumerate(read.items()):
        lane = [
            (places[_name(record)], slot + place, f"{arrival + place + 1}. {_label(record)}")
            for place, record in enumerate(records)
        ]
        last = slot + max(len(records), 1) - 1
        _draw_lane(axes, number, shard_id, lane, (slot, last))
        slot, arrival = last + 1, arrival + len(records)
    _label_columns(axes, max(len(sent), slots))
    title = f"{plural(len(sent), 'record')} through {plural(len(read), 'shard')}"
    axes.set_title(title, pad=12)
    return Picture(figure, _in_words(title, sent, read, places))


def _name(record: Record) -> tuple[str, bytes]:
    return record["PartitionKey"], record["Data"]


def _label(record: Record) -> str:
    return f"{record['PartitionKey']}: {record['Data'].decode(errors='replace')}"


def _draw_lane(
    axes: Axes, number: int, shard_id: str, lane: Sequence[tuple[int, int, str]], slots: tuple[int, int]
) -> None:
    """A shard as a box over its first and last slot; its records stand there in the order in which it stored
    them. So lines cross before the shard where the order was lost, and never behind it."""
    look: dict[str, Any] = {
        "color": COLOURS[number % len(COLOURS)],
        "linestyle": LINES[number % len(LINES)],
        "linewidth": 2,
    }
    for place, slot, label in lane:
        across = [PRODUCER, SHARD - HALF_BOX, SHARD + HALF_BOX, CONSUMER]
        axes.plot(across, [place, slot, slot, slot], marker="o", markersize=4, **look)
        axes.text(CONSUMER + 0.02, slot, label, ha="left", va="center")
    first, last = slots
    corner, height = (SHARD - HALF_BOX, first - 0.36), last - first + 0.72
    box = FancyBboxPatch(
        corner, 2 * HALF_BOX, height, "round,pad=0,rounding_size=0.06", mutation_aspect=4, zorder=4
    )
    box.set(facecolor="white", edgecolor=look["color"], linewidth=1.5)
    axes.add_patch(box)
    axes.text(SHARD, (first + last) / 2, shard_name(shard_id), ha="center", va="center", zorder=5)


def _label_columns(axes: Axes, count: int) -> None:
    axes.set_xlim(-0.45, 1.45)
    axes.set_ylim(count - 0.4, -0.6)
    axes.set_xticks([PRODUCER - 0.2, SHARD, CONSUMER + 0.2])
    axes.set_xticklabels(["producer\n(order of sending)", "stream", "consumer\n(order of reading)"])
    axes.tick_params(axis="x", length=0)
    axes.set_yticks([])
    axes.spines[:].set_visible(False)


def _in_words(
    title: str,
    sent: Sequence[Record],
    read: Mapping[str, Sequence[Record]],
    places: Mapping[tuple[str, bytes], int],
) -> str:
    lines = [f"{title}.", f"Sent, in this order: {', '.join(map(_label, sent))}."]
    for shard_id, records in read.items():
        told = [f"{_label(record)} (sent as {places[_name(record)] + 1})" for record in records]
        lines.append(f"Read from {shard_name(shard_id)}: {', '.join(told) or 'nothing'}.")
    return "\n".join(lines)
