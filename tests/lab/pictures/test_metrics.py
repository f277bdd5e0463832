"""A day's dashboard: what is drawn is what was told, hours without data too."""

import pytest

from lab.pictures.metrics import day_dashboard


def test_the_day_in_words_and_bars() -> None:
    picture = day_dashboard([40, 60, 50], [0.0, 1.5, None], ["OK", "OK", "ALARM"], limit_hours=12)
    assert picture.words.splitlines() == [
        "One day of the stream, hour by hour; the alarm's limit is an age of 12 hours.",
        "hour 0: 40 records written, age 0.0 hours, alarm OK",
        "hour 1: 60 records written, age 1.5 hours, alarm OK",
        "hour 2: 50 records written, no age, since nobody read, alarm ALARM",
    ]
    upper, middle, lower = picture.figure.axes
    assert [bar.get_height() for bar in upper.patches] == [40, 60, 50]
    assert list(middle.lines[0].get_ydata()) == [0.0, 1.5]
    assert len(middle.patches) == 1
    assert lower.patches[2].get_facecolor() != lower.patches[1].get_facecolor()
    assert lower.patches[2].get_hatch() != lower.patches[1].get_hatch()
    assert [axes.get_ylabel() for axes in (upper, middle)] == [
        "records written\nin an hour",
        "iterator age,\nhours",
    ]


@pytest.mark.parametrize("written", [[], [1, 2]])
def test_series_of_other_lengths_are_refused(written: list[float]) -> None:
    with pytest.raises(ValueError, match="one value for each hour"):
        day_dashboard(written, [0.0], ["OK"], limit_hours=12)
