"""Pictures of the rolling window and of iterator age: bars, lines, axes and words."""

from typing import Any

import pytest

from lab.pictures.retention import Age, Reading, age_against_retention, rolling_window

READINGS = [Reading(3, 0, 3, 24), Reading(27, 3, 27, 24), Reading(30, 3, 30, 48)]
AGES = [Age(1, 1.0, 24), Age(2, 13.5, 24), Age(3, 14.0, 48)]


def test_bars_reach_from_the_oldest_record_to_the_newest_and_what_is_gone_lies_below() -> None:
    axes: Any = rolling_window(READINGS).figure.axes[0]
    bars = sorted((bar.get_x() + bar.get_width() / 2, bar.get_y(), bar.get_height()) for bar in axes.patches)
    assert bars == [
        pytest.approx((3, 0, 3)),
        pytest.approx((27, 0, 3)),
        pytest.approx((27, 3, 24)),
        pytest.approx((30, 0, 3)),
        pytest.approx((30, 3, 27)),
    ]
    gone = [bar for bar in axes.patches if bar.get_hatch()]
    assert len(gone) == 2


def test_window_names_axes_units_and_each_change_of_the_period() -> None:
    picture = rolling_window(READINGS)
    axes: Any = picture.figure.axes[0]
    assert axes.get_xlabel() == "hour at which the stream was read"
    assert axes.get_ylabel() == "hour at which records were written"
    assert [text.get_text() for text in axes.texts] == ["retention 24 h", "48 h"]
    (legend,) = picture.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["readable", "expired"]


def test_window_in_words_has_every_reading() -> None:
    assert rolling_window(READINGS).words.splitlines()[1:] == [
        "At hour 3, retention 24 h: records of the hours 0 to 3 are readable",
        "At hour 27, retention 24 h: records of the hours 3 to 27 are readable",
        "At hour 30, retention 48 h: records of the hours 3 to 30 are readable",
    ]


def test_age_lies_under_the_retention_with_a_warning_line() -> None:
    axes: Any = age_against_retention(AGES).figure.axes[0]
    retention, warning, age = axes.lines
    assert list(retention.get_ydata()) == [24, 24, 48]
    assert list(warning.get_ydata()) == [12, 12, 24]
    assert list(age.get_ydata()) == [1.0, 13.5, 14.0]
    assert len({line.get_linestyle() + str(line.get_marker()) for line in axes.lines}) == 3
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("time, hours", "iterator age, hours")


def test_age_in_words_says_when_to_warn() -> None:
    assert age_against_retention(AGES).words.splitlines()[1:] == [
        "At hour 1: 1.0 h behind, retention 24 h",
        "At hour 2: 13.5 h behind, retention 24 h, above the warning line",
        "At hour 3: 14.0 h behind, retention 48 h",
    ]


def test_at_a_glance_the_pictures_say_less_than_their_words() -> None:
    assert rolling_window(READINGS).short == (
        "What the stream still holds: a rolling window. "
        "With a retention of 24 h, it holds at hour 3 the hours 0 to 3 and at hour 27 the hours 3 to 27. "
        "With a retention of 48 h, it holds at hour 30 the hours 3 to 30."
    )
    assert age_against_retention(AGES).short == (
        "How far the reader is behind. Its age: 1.0 h at hour 1, 14.0 h at hour 3. "
        "Retention: 24 h from hour 1, 48 h from hour 3. Above the warning line: at the hours 2."
    )


@pytest.mark.parametrize("draw", [rolling_window, age_against_retention])
def test_nothing_to_draw_is_refused(draw: Any) -> None:
    with pytest.raises(ValueError, match=r"no (reading|age) to draw"):
        draw([])
