"""The rules of alarms against the two tables of the CloudWatch user guide."""

import pytest
from lab_emulator.cloudwatch.alarm_state import State, evaluation_range, state

TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
MARKS = {"0": False, "X": True, "-": None}
KEPT = "kept"
"""The table's "retain current state"."""

THREE_OF_THREE = [
    ("0 - X - X", "OK", "OK", "OK", "OK"),
    ("0 - - - -", "OK", "OK", "OK", "OK"),
    ("- - - - -", "INSUFFICIENT_DATA", KEPT, "ALARM", "OK"),
    ("0 X X - X", "ALARM", "ALARM", "ALARM", "ALARM"),
    ("- - X - -", "ALARM", KEPT, "ALARM", "OK"),
    # From the text below the tables: not yet, since the next one may be in order.
    ("- - - - X", "OK", "OK", "ALARM", "OK"),
    ("- - - X -", "OK", "OK", "ALARM", "OK"),
    ("- - X - 0", "OK", "OK", "OK", "OK"),
]
TWO_OF_THREE = [
    ("0 - X - X", "ALARM", "ALARM", "ALARM", "ALARM"),
    ("0 0 X 0 X", "ALARM", "ALARM", "ALARM", "ALARM"),
    ("0 - X - -", "OK", "OK", "ALARM", "OK"),
    ("- - - - 0", "OK", "OK", "ALARM", "OK"),
    ("- - - X -", "ALARM", KEPT, "ALARM", "OK"),
]
ROWS = [(3, row) for row in THREE_OF_THREE] + [(2, row) for row in TWO_OF_THREE]
STATES: tuple[State, ...] = ("OK", "ALARM", "INSUFFICIENT_DATA")


@pytest.mark.parametrize("current", STATES)
@pytest.mark.parametrize("treatment", TREATMENTS)
@pytest.mark.parametrize(("needed", "row"), ROWS, ids=[f"{n} of 3: {row[0]}" for n, row in ROWS])
def test_the_guides_tables(needed: int, row: tuple[str, ...], treatment: str, current: State) -> None:
    points = [MARKS[mark] for mark in row[0].split()]
    assert len(points) == evaluation_range(3)
    told = row[1 + TREATMENTS.index(treatment)]
    assert state(points, 3, needed, treatment, current) == (current if told == KEPT else told)
