"""A picture of some records' way: from the producer, through the shards, to the consumer."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.pictures.figure import OKABE_ITO, Picture
from lab.pictures.shard_words import plural, shard_name

Record = Mapping[str, Any]
LINES: Final = ("-", "--", ":", "-.")
"""The second channel beside colour: how the line of a shard's records is drawn."""
COLOURS: Final = (OKABE_ITO[5], OKABE_ITO[6], OKABE_ITO[2], OKABE_ITO[4])
"""The Okabe-Ito colours that are dark enough for a line on white."""

PRODUCER, SHARD, CONSUMER = 0.0, 0.5, 1.0
"""Where the three columns stand, across."""


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
    figure = Figure(figsize=(8.4, 1.6 + 0.42 * max(len(sent), 3)), layout="constrained")
    axes = figure.add_subplot()
    for entry, place in zip(sent, places.values(), strict=True):
        axes.text(PRODUCER - 0.02, place, f"{place + 1}. {_label(entry)}", ha="right", va="center")
    for number, shard_id in enumerate(read):
        lane = [
            (places[_name(record)], arrival, f"{arrival + 1}. {_label(record)}")
            for arrival, (home, record) in enumerate(arrivals)
            if home == shard_id
        ]
        _draw_lane(axes, number, shard_id, lane, len(sent) * (number + 0.5) / len(read) - 0.5)
    _label_columns(axes, len(sent))
    title = f"{plural(len(sent), 'record')} through {plural(len(read), 'shard')}"
    axes.set_title(title, pad=12)
    return Picture(figure, _in_words(title, sent, read, places))


def _name(record: Record) -> tuple[str, bytes]:
    return record["PartitionKey"], record["Data"]


def _label(record: Record) -> str:
    return f"{record['PartitionKey']}: {record['Data'].decode(errors='replace')}"


def _draw_lane(
    axes: Axes, number: int, shard_id: str, lane: Sequence[tuple[int, int, str]], height: float
) -> None:
    look: dict[str, Any] = {
        "color": COLOURS[number % len(COLOURS)],
        "linestyle": LINES[number % len(LINES)],
        "linewidth": 2,
    }
    for place, arrival, label in lane:
        across = [PRODUCER, SHARD - 0.08, SHARD + 0.08, CONSUMER]
        axes.plot(across, [place, height, height, arrival], **look)
        axes.text(CONSUMER + 0.02, arrival, label, ha="left", va="center")
    box = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": look["color"]}
    axes.text(SHARD, height, shard_name(shard_id), ha="center", va="center", bbox=box, zorder=5)


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
