"""What a candidate does at a desk, a step at a time: the same for the page and for a class's exam.

A step is a JSON object with `do`. It is answered with JSON; nothing of a key is in an answer before the end.
"""

import datetime
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from grader.exams.sitting import Sitting, SittingError


class Desk(Protocol):
    """Where an exam is sat: a learner's practice, or a class's paper."""

    now: Callable[[], datetime.datetime]

    def home(self) -> dict[str, Any]:
        """What the first page shows."""

    def start(self, exam: str, seed: str = "") -> Sitting:
        """Begin an exam. Raises SittingError."""

    def current(self) -> Sitting | None:
        """The sitting under way. Raises SittingError."""

    def save(self, sitting: Sitting) -> None:
        """Keep the state."""

    def hand_over(self, sitting: Sitting) -> dict[str, Any]:
        """End it. Raises SittingError."""

    def give_up(self) -> None:
        """Forget the sitting under way. Raises SittingError where that is not allowed."""

    def shown_result(self, name: str) -> dict[str, Any]:
        """What there is to see after the end. Raises SittingError."""


def step(desk: Desk, body: Mapping[str, Any]) -> dict[str, Any]:
    """Do what BODY says. Raises SittingError, also for what is no step."""
    do = str(body.get("do"))
    if do in ALONE:
        return ALONE[do](desk, body)
    sitting = desk.current()
    if sitting is None:
        raise SittingError("No exam is under way. Another page may have handed it in.")
    if do not in WITHIN:
        raise SittingError(f"There is no step {do!r}.")
    return WITHIN[do](desk, sitting, body)


def _home(desk: Desk, _: Mapping[str, Any]) -> dict[str, Any]:
    sitting = desk.current()
    under_way = None
    if sitting is not None:
        under_way = {
            "title": sitting.title,
            "left": sitting.left(desk.now()),
            "answered": len(sitting.answers),
        }
    return {**desk.home(), "under_way": under_way}


def _start(desk: Desk, body: Mapping[str, Any]) -> dict[str, Any]:
    return _state(desk, desk.start(str(body.get("exam", "")), str(body.get("seed", ""))))


def _result(desk: Desk, body: Mapping[str, Any]) -> dict[str, Any]:
    return desk.shown_result(str(body.get("name", "")))


def _give_up(desk: Desk, _: Mapping[str, Any]) -> dict[str, Any]:
    desk.give_up()
    return {}


def _look(desk: Desk, sitting: Sitting, _: Mapping[str, Any]) -> dict[str, Any]:
    sitting.tick(desk.now())
    return _kept(desk, sitting)


def _show(desk: Desk, sitting: Sitting, body: Mapping[str, Any]) -> dict[str, Any]:
    sitting.show(_number(body), desk.now())
    return _kept(desk, sitting)


def _answer(desk: Desk, sitting: Sitting, body: Mapping[str, Any]) -> dict[str, Any]:
    sitting.answer(_number(body), body.get("answer"), desk.now())
    return _kept(desk, sitting)


def _flag(desk: Desk, sitting: Sitting, body: Mapping[str, Any]) -> dict[str, Any]:
    sitting.flag(_number(body), body.get("flagged") is True, desk.now())
    return _kept(desk, sitting)


def _pause(desk: Desk, sitting: Sitting, _: Mapping[str, Any]) -> dict[str, Any]:
    sitting.pause(desk.now())
    return _kept(desk, sitting)


def _go_on(desk: Desk, sitting: Sitting, _: Mapping[str, Any]) -> dict[str, Any]:
    sitting.go_on(desk.now())
    return _kept(desk, sitting)


def _finish(desk: Desk, sitting: Sitting, _: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": desk.hand_over(sitting)["name"]}


def _number(body: Mapping[str, Any]) -> int:
    number = body.get("number")
    return number if type(number) is int else 0


def _kept(desk: Desk, sitting: Sitting) -> dict[str, Any]:
    desk.save(sitting)
    return _state(desk, sitting)


def _state(desk: Desk, sitting: Sitting) -> dict[str, Any]:
    """What the page shows. While paused it has no questions."""
    numbers = range(1, len(sitting.questions) + 1)
    return {
        "title": sitting.title,
        "seed": sitting.seed,
        "mode": "practice" if sitting.deadline is None else "class",
        "left": sitting.left(desk.now()),
        "paused": sitting.paused,
        "finished": sitting.finished is not None,
        "at": sitting.at,
        "count": len(sitting.questions),
        "question": None if sitting.paused else sitting.questions[sitting.at - 1],
        "answer": sitting.answers.get(sitting.at, []),
        "answered": [number for number in numbers if sitting.complete(number)],
        "begun": [n for n in numbers if n in sitting.answers and not sitting.complete(n)],
        "flags": sorted(sitting.flags),
    }


ALONE: Final[Mapping[str, Callable[[Desk, Mapping[str, Any]], dict[str, Any]]]] = {
    "home": _home,
    "start": _start,
    "result": _result,
    "give up": _give_up,
}
WITHIN: Final[Mapping[str, Callable[[Desk, Sitting, Mapping[str, Any]], dict[str, Any]]]] = {
    "look": _look,
    "show": _show,
    "answer": _answer,
    "flag": _flag,
    "pause": _pause,
    "go on": _go_on,
    "finish": _finish,
}
