"""What the pictures of lesson 09 say, and that they draw it."""

from typing import Any

import pytest

from lab.pictures import Files, Filling, buffer_levels, files_against_freshness
from lab.pictures.figure import Picture

KIB = 1024
BUSY = Filling(
    puts=[(0.0, 600 * KIB), (10.0, 600 * KIB), (20.0, 100 * KIB)],
    written=[(10.0, 1200 * KIB, "size")],
)
CALM = Filling(puts=[(0.0, 50 * KIB)], written=[(60.0, 50 * KIB, "time")])
OFTEN = Files(60, 1800, [60 * KIB] * 30, [60.0] * 30)
SELDOM = Files(900, 1800, [900 * KIB] * 2, [900.0, 899.0])


def panels(picture: Picture) -> list[Any]:
    return list(picture.figure.axes)


def test_the_level_falls_where_an_object_is_written() -> None:
    picture = buffer_levels({"busy": BUSY, "calm": CALM}, 1024 * KIB)
    busy, _ = panels(picture)
    level = busy.lines[0]
    assert list(zip(*map(list, level.get_data()), strict=True)) == [
        (0.0, 0.0), (0.0, 600.0), (10.0, 1200.0), (10.0, 0.0), (20.0, 100.0),
    ]  # fmt: skip
    assert picture.words == (
        "busy: 1 object written. after 10 s 1,200 KiB by size.\n"
        "calm: 1 object written. after 60 s 50 KiB by time."
    )
    assert "KiB" in busy.get_ylabel()
    assert picture.png().startswith(b"\x89PNG")


def test_files_a_day_are_of_the_whole_run() -> None:
    picture = files_against_freshness([OFTEN, SELDOM])
    heights = [[bar.get_height() for bar in axes.patches] for axes in panels(picture)]
    assert heights == [[1440, 96], [60, 900], [60, 900]]
    assert picture.words.splitlines()[1] == (
        "Interval 900 s: 96 files a day of 900 KiB; the oldest record in one was 900 s old."
    )


def test_nothing_to_draw() -> None:
    with pytest.raises(ValueError, match="no run"):
        buffer_levels({}, KIB)
    with pytest.raises(ValueError, match="at least one file"):
        files_against_freshness([Files(60, 1800, [], [])])
