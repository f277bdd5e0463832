"""The same exam in a terminal, typed."""

from collections.abc import Callable

import pytest

from grader.exams import desk as desks
from grader.exams import terminal
from grader.exams.practice import Practice
from grader.exams.sitting import SittingError

LETTERS = terminal.LETTERS


def typing(*lines: str | Callable[[], str]) -> Callable[[str], str]:
    given = iter(lines)

    def ask(_: str) -> str:
        try:
            line = next(given)
        except StopIteration:
            raise EOFError from None
        return line() if callable(line) else line

    return ask


def test_an_exam_is_sat_and_reviewed_in_the_terminal(practice: Practice) -> None:
    told: list[str] = []

    def right(number: int) -> Callable[[], str]:
        def typed() -> str:
            sitting = practice.current()
            assert sitting is not None
            return "".join(LETTERS[place] for place in practice.questions(sitting)[number - 1].right)

        return typed

    every = [line for number in range(1, 41) for line in (right(number), "")]
    terminal.run(
        practice, typing("course abc", *every, "flag", "?", "o", "end", "no", "end", "yes", ""), told.append
    )
    out = "\n".join(told)
    assert "40 of 40 points" in out
    assert "Open: none. Flagged: 40." in out
    assert "can't be worked out" in out
    (result,), _ = practice.results()
    assert (result["points"], result["seed"]) == (40, "abc")
    assert all(
        why.replace("`", "") in out
        for item in result["items"]
        for why in practice.items[item["item"]].reasons
    )


def test_leaving_keeps_all_and_tells_nothing(practice: Practice) -> None:
    told: list[str] = []
    terminal.run(practice, typing("SAA-C03 abc", "A", "quit"), told.append)
    sitting = practice.current()
    assert sitting is not None
    assert sitting.paused
    reasons = [why for question in practice.questions(sitting) for why in question.item.reasons]
    assert not [why for why in reasons if why.replace("`", "") in "\n".join(told)]
    terminal.run(practice, typing("3", "quit"), told.append)
    again = practice.current()
    assert again is not None
    assert (again.at, again.answers) == (3, sitting.answers)


def test_an_unknown_exam_is_told_and_asked_again(practice: Practice) -> None:
    told: list[str] = []
    terminal.run(practice, typing("nonsense", "SAA-C03", "quit"), told.append)
    assert any("There is no exam 'nonsense'" in line for line in told)
    assert practice.current() is not None


@pytest.mark.parametrize("body", [{}, {"do": "look"}, {"do": ["home"]}, {"do": "finish"}])
def test_no_step_without_an_exam_under_way(practice: Practice, body: dict[str, object]) -> None:
    with pytest.raises(SittingError):
        desks.step(practice, body)


def test_no_step_tells_a_key_before_the_end(practice: Practice) -> None:
    state = desks.step(practice, {"do": "start", "exam": "course", "seed": "s"})
    sitting = practice.current()
    assert sitting is not None
    reasons = [why for question in practice.questions(sitting) for why in question.item.reasons]
    told = [state]
    for number in range(1, 41):
        told.append(desks.step(practice, {"do": "show", "number": number}))
        told.append(desks.step(practice, {"do": "flag", "number": number, "flagged": True}))
    assert not [why for why in reasons if why in str(told)]
    assert "'right'" not in str(told)
    with pytest.raises(SittingError, match="no result"):
        desks.step(practice, {"do": "result", "name": "../../etc/passwd"})
    paused = desks.step(practice, {"do": "pause"})
    assert paused["question"] is None
    name = desks.step(practice, {"do": "finish"})["name"]
    assert all(
        why in str(desks.step(practice, {"do": "result", "name": name})) for why in reasons if "'" not in why
    )
