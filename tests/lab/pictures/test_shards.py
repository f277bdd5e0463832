"""Pictures of a stream: what they show, in words and on the axes, and that it can be told apart."""

import itertools
import math
from io import BytesIO
from typing import Any

import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.patches import Rectangle

from lab.pictures.figure import FILLS, GROUND, HATCHES, SHARPNESS, Picture
from lab.pictures.journeys import COLOURS, LINES, journey
from lab.pictures.shards import hash_ring, shard_tree
from lab.rules.hash_space import HASH_SPACE_SIZE, HashRange, even_ranges, hash_key

ENDED = {"StartingSequenceNumber": "0", "EndingSequenceNumber": "1"}


def shard(number: int, limits: HashRange, *parents: int, is_open: bool = True) -> dict[str, Any]:
    """A shard as boto3 returns it."""
    ids = [f"shardId-{parent:012}" for parent in parents]
    keys = ("ParentShardId", "AdjacentParentShardId")
    return {
        "ShardId": f"shardId-{number:012}",
        "HashKeyRange": {"StartingHashKey": str(limits.start), "EndingHashKey": str(limits.end)},
        "SequenceNumberRange": {"StartingSequenceNumber": "0"} if is_open else ENDED,
        **dict(zip(keys, ids, strict=False)),
    }


FOUR = [shard(number, limits) for number, limits in enumerate(even_ranges(4))]
EIGHTHS = even_ranges(8)
RESHARDED = [
    FOUR[0],
    shard(1, even_ranges(4)[1], is_open=False),
    shard(2, even_ranges(4)[2], is_open=False),
    FOUR[3],
    shard(4, EIGHTHS[2], 1),
    shard(5, EIGHTHS[3], 1, is_open=False),
    shard(6, HashRange(EIGHTHS[3].start, EIGHTHS[5].end), 5, 2),
]


def axes_of(picture: Picture) -> Any:
    (axes,) = picture.figure.axes
    return axes


def legend_of(figure: Figure) -> list[str]:
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def test_ring_shows_the_shards_and_where_each_record_fell() -> None:
    keys = ["player-7"] * 20 + ["player-8", "player-1", "player-1"]
    picture = hash_ring(FOUR, keys)
    axes = axes_of(picture)
    assert axes.get_title() == "4 open shards, 23 records of 3 partition keys"
    assert "% of 2¹²⁸" in axes.get_xlabel()
    widths = [bar.get_width() for container in axes.containers for bar in container]
    assert widths == pytest.approx([math.pi / 2] * 4)
    assert legend_of(picture.figure) == [
        "shard 0: 25.0 % of the hash space,\n1 record",
        "shard 1: 25.0 % of the hash space,\n2 records",
        "shard 2: 25.0 % of the hash space,\n0 records",
        "shard 3: 25.0 % of the hash space,\n20 records",
    ]
    assert {"shard 0", "shard 3", "player-7:\n20 records"} <= {t.get_text() for t in axes.texts}


def test_ring_puts_each_key_at_its_hash_and_draws_busy_keys_longer() -> None:
    picture = hash_ring(FOUR, ["player-7"] * 20 + ["player-8"] * 5)
    lines = [line for line in axes_of(picture).lines if len(line.get_xdata()) == 2]
    places = [line.get_xdata()[0] / (2 * math.pi) for line in lines]
    lengths = [abs(line.get_ydata()[0] - line.get_ydata()[1]) for line in lines]
    assert places == pytest.approx([hash_key(key) / HASH_SPACE_SIZE for key in ("player-7", "player-8")])
    assert lengths[0] == pytest.approx(4 * lengths[1])


def test_ring_in_words_has_every_share_count_and_key() -> None:
    assert hash_ring(FOUR, ["player-7", "player-7", "player-8"]).words == (
        "Hash ring: 4 open shards, 3 records of 2 partition keys.\n"
        "shard 0: from 0.0 % to 25.0 %, 25.0 % of the hash space, 1 record\n"
        "shard 1: from 25.0 % to 50.0 %, 25.0 % of the hash space, 0 records\n"
        "shard 2: from 50.0 % to 75.0 %, 25.0 % of the hash space, 0 records\n"
        "shard 3: from 75.0 % to 100.0 %, 25.0 % of the hash space, 2 records\n"
        "The keys in the order of their hash:\n"
        "player-8 at 16.2 % (shard 0): 1 record\n"
        "player-7 at 79.7 % (shard 3): 2 records"
    )


def test_ring_with_many_keys_names_the_busiest() -> None:
    words = hash_ring(FOUR, [f"player-{n}" for n in range(1, 101)] + ["player-7"]).words
    assert "The 8 keys with the most records" in words
    assert "player-7 at 79.7 % (shard 3): 2 records" in words
    assert len(words.splitlines()) == 1 + 4 + 1 + 8


def test_ring_of_no_records_and_of_one_shard() -> None:
    assert "0 records of 0 partition keys" in hash_ring(FOUR, []).words
    assert hash_ring([shard(0, even_ranges(1)[0])], ["a"]).png()


def test_ring_leaves_closed_shards_out() -> None:
    words = hash_ring(RESHARDED, ["player-1"]).words
    assert "4 open shards" in words
    assert "shard 1:" not in words
    assert "player-1 at 46.4 % (shard 6): 1 record" in words


def test_ring_refuses_what_it_cannot_draw() -> None:
    with pytest.raises(ValueError, match="no open shard"):
        hash_ring([], [])
    with pytest.raises(LookupError, match="no open shard of the list covers"):
        hash_ring(FOUR[:3], ["player-7"])


def test_a_shard_looks_the_same_in_every_ring_of_its_stream() -> None:
    def look(picture: Picture, label: str) -> tuple[Any, str]:
        bars = [bar for group in axes_of(picture).containers for bar in group]
        labels = [group.get_label() for group in axes_of(picture).containers]
        bar = bars[next(i for i, text in enumerate(labels) if text.startswith(label))]
        return bar.get_facecolor(), bar.get_hatch()

    assert look(hash_ring(FOUR, []), "shard 3") == look(hash_ring(RESHARDED, []), "shard 3")


def test_tree_places_boxes_by_range_and_descent() -> None:
    axes = axes_of(shard_tree(RESHARDED))
    boxes = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    spans = [(b.get_x(), b.get_x() + b.get_width(), round(b.get_y() + 0.28)) for b in boxes]
    assert spans == [
        (0.0, 0.25, 0),
        (0.25, 0.5, 0),
        (0.5, 0.75, 0),
        (0.75, 1.0, 0),
        (0.25, 0.375, 1),
        (0.375, 0.5, 1),
        (0.375, 0.75, 2),
    ]
    closed = [number for number, box in enumerate(boxes) if box.get_hatch()]
    assert closed == [1, 2, 5]
    arrows = [text for text in axes.texts if getattr(text, "arrow_patch", None)]
    assert len(arrows) == 4


def test_tree_names_axes_states_and_legend() -> None:
    picture = shard_tree(RESHARDED)
    axes = axes_of(picture)
    assert axes.get_xlabel() == "hash key, % of 2¹²⁸"
    assert axes.get_ylabel() == "reshardings before it"
    assert axes.get_title() == "Shard tree: 4 open, 3 closed"
    assert legend_of(picture.figure) == ["open: read and written", "closed: only read"]
    assert {"shard 5\nclosed", "shard 6\nopen"} <= {text.get_text() for text in axes.texts}


def test_tree_in_words() -> None:
    lines = shard_tree(RESHARDED).words.splitlines()
    assert lines[0] == "Shard tree: 4 open, 3 closed."
    assert lines[5] == ("shard 4: open, from 25.0 % to 37.5 %, 12.5 % of the hash space, split from shard 1")
    assert lines[7].endswith("37.5 % of the hash space, merged from shard 5 and shard 2")


def test_tree_without_an_expired_parent() -> None:
    young = [shard(4, even_ranges(2)[0], 1), shard(5, even_ranges(2)[1], 1)]
    assert "split from shard 1" in shard_tree(young).words
    with pytest.raises(ValueError, match="no shard"):
        shard_tree([])


SENT = [
    {"PartitionKey": "player-1", "Data": b"joins"},
    {"PartitionKey": "player-7", "Data": b"joins"},
    {"PartitionKey": "player-1", "Data": b"jumps"},
]
READ = {"shardId-000000000000": [SENT[0], SENT[2]], "shardId-000000000001": [SENT[1]]}


def test_journey_follows_every_record() -> None:
    picture = journey(SENT, READ)
    axes = axes_of(picture)
    ways = {(line.get_ydata()[0], line.get_ydata()[-1]) for line in axes.lines}
    assert ways == {(0, 0), (2, 1), (1, 2)}
    at_the_shards = [(line.get_ydata()[1], line.get_ydata()[2]) for line in axes.lines]
    assert sorted(at_the_shards) == [(0, 0), (1, 1), (2, 2)], (
        "each record has a place of its own in its shard"
    )
    assert axes.get_title() == "3 records through 2 shards"
    assert [label.get_text() for label in axes.get_xticklabels()] == [
        "producer\n(order of sending)",
        "stream",
        "consumer\n(order of reading)",
    ]
    assert picture.words.splitlines()[2] == (
        "Read from shard 0: player-1: joins (sent as 1), player-1: jumps (sent as 3)."
    )


def test_journey_with_nothing_read_or_something_foreign() -> None:
    assert "Read from shard 0: nothing." in journey(SENT, {"shardId-000000000000": []}).words
    with pytest.raises(ValueError, match="player-9: joins was read and not sent"):
        journey(SENT, {"shardId-000000000000": [{"PartitionKey": "player-9", "Data": b"joins"}]})


@pytest.mark.parametrize("draw", [lambda: hash_ring(FOUR, ["a"]), lambda: shard_tree(FOUR)])
def test_picture_is_crisp_described_and_the_same_each_time(draw: Any) -> None:
    data, metadata = draw()._repr_mimebundle_()
    assert data["text/plain"] == draw().words == metadata["image/png"]["alt"]
    assert data["image/png"] == draw().png()
    width, height = (int.from_bytes(data["image/png"][at : at + 4]) for at in (16, 20))
    shown = metadata["image/png"]
    assert (width, height) == (SHARPNESS * shown["width"], SHARPNESS * shown["height"])


def test_picture_shows_its_words_folded_below(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict[str, str]] = []
    monkeypatch.setattr("lab.pictures.figure.display", lambda data, **_: shown.append(data))
    Picture(Figure(), "a <b> & c\nsecond line")._ipython_display_()
    assert "image/png" in shown[0]
    assert shown[1]["text/html"] == (
        "<details><summary>The picture in words</summary><p>a &lt;b&gt; &amp; c<br>second line</p></details>"
    )


def seen_by_deuteranope(colour: str) -> tuple[float, float, float]:
    """Linear RGB as one without green cones sees it (Viénot, Brettel and Mollon 1999)."""
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour))
    warm = 0.29275 * r + 0.70725 * g
    return warm, warm, -0.02234 * r + 0.02234 * g + b


def apart(colours: tuple[str, ...]) -> float:
    seen = [seen_by_deuteranope(colour) for colour in colours]
    return min(math.dist(one, other) for one, other in itertools.combinations(seen, 2))


def test_colours_can_be_told_apart() -> None:
    assert apart(FILLS) > 0.05
    assert apart(COLOURS) > 0.05
    assert apart(("#FF0000", "#00AC00")) < 0.05, "the measure must refuse a red and its green twin"
    assert math.lcm(len(FILLS), len(HATCHES)) == len(FILLS) * len(HATCHES)
    assert len(LINES) == len(COLOURS)


def luminance(colour: Any) -> float:
    """Relative luminance of a colour, 0 (black) to 1 (white): WCAG 2.2, "relative luminance"."""
    parts = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour))
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def test_the_ground_of_a_picture_glares_in_no_theme_and_words_stand_out_from_it() -> None:
    drawn = imread(BytesIO(hash_ring(FOUR, ["a"]).png()))
    assert {to_hex(drawn[y, x]) for y in (0, -1) for x in (0, -1)} == {GROUND.lower()}
    assert luminance(GROUND) < 0.85 < luminance("white"), "the control: white glares on a dark page"
    assert (luminance(GROUND) + 0.05) / (luminance("black") + 0.05) > 7, "contrast of WCAG's level AAA"
