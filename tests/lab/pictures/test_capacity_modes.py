"""A day in several capacity modes, as a picture."""

import pytest

from lab.pictures.capacity_modes import day_by_mode


def test_a_day_shows_what_was_refused_and_what_it_costs() -> None:
    picture = day_by_mode([0, 12], [30, 90], {"small": [0, 40], "large": [0, 0]}, {"small": 1.5, "large": 4})
    small, large, costs = picture.figure.get_axes()
    heights = [[bar.get_height() for bar in group] for group in small.containers]
    assert heights == [[30, 50], [0, 40]]
    assert [bar.get_visible() for bar in small.containers[1]] == [False, True]
    assert (small.get_title(), large.get_title()) == ("small\n40 refused", "large\n0 refused")
    assert (small.get_xlabel(), small.get_ylabel()) == ("hour of the day", "records in a burst")
    assert [bar.get_width() for bar in costs.containers[0]] == [1.5, 4]
    assert "US dollars a day" in costs.get_xlabel()
    assert picture.words.splitlines() == [
        "One day. Records sent: 0 h: 30, 12 h: 90.",
        "small: 40 refused, at hours 12",
        "large: none refused",
        "small: 1.50 US dollars a day",
        "large: 4.00 US dollars a day",
    ]


def test_uneven_series_are_refused() -> None:
    with pytest.raises(ValueError, match="one value for each hour"):
        day_by_mode([0, 12], [30], {"small": [0, 0]}, {"small": 1})
    with pytest.raises(ValueError, match="nothing to draw"):
        day_by_mode([], [], {}, {})
