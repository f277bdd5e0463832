"""A small assignment for the golden submissions, so that a change of a real one does not touch them."""

from random import Random
from typing import Any

from grader.tasks.declaration import Arguments, Cases, Task, Value


def _some(rng: Random) -> Arguments:
    return {"values": [rng.randint(1, 99) for _ in range(rng.randint(2, 6))]}


def _total(values: list[int]) -> int:
    return sum(values)


def _double(number: int, **_: Any) -> int:
    return 2 * number


def _number(rng: Random) -> Arguments:
    return {"number": rng.randint(1, 999)}


HINTS = ("Think.", "Think again.")
TASKS = [
    Task(id="double", title="Double it", function="double", read="nowhere", hints=HINTS, oracle=_double,
         seconds_per_call=1.0,
         parts=(Cases("all", 2, "must double", ({"number": 1}, {"number": 21}), _number),)),
    Task(id="total", title="Add it up", function="total", read="nowhere", hints=HINTS, oracle=_total,
         parts=(Cases("all", 3, "must add up", ({"values": [1, 2]}, {"values": []}), _some),)),
    Task(id="own", title="Your number", read="nowhere", hints=HINTS, oracle=_double,
         parts=(Value("own", 1, "double your number", "my_number", "units", 2, 1998, _number),)),
]  # fmt: skip
