"""A call that ends the process costs no answer that was given before it, however they cross."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.engine.process import LearnerProcess, Place, Preloaded
from grader.engine.session import Session
from grader.engine.submission import Submission
from grader.tasks.answers import Answer, NotRun, Returned, Stopped
from grader.tasks.compare import Equal
from grader.tasks.exercise import Case, CasesPart, ExerciseTask
from grader.walls import sandbox, tree

FATAL = """
import os, time
def answer(number):
    time.sleep({pause})
    if number == 3:
        os._exit(0)
    return number
"""
FATAL_NUMBER = 3
CASES = tuple(Case({"number": number}, number, {}) for number in range(6))
TASK = ExerciseTask(
    "answer", "", "answer", "", 5.0, Equal(), (), (), {}, (CasesPart("all", 1, "answers", CASES),)
)


@pytest.fixture(scope="module")
def server() -> Iterator[Preloaded]:
    with Preloaded() as preloaded:
        yield preloaded


@pytest.fixture
def place(tmp_path: Path) -> Place:
    inside = sandbox.tier() == "full"
    home = tree.WORK if inside else str(tmp_path)
    return Place(inside, None, home, {}, {"HOME": home, "TMPDIR": home, "PATH": os.defpath})


def answers(server: Preloaded, place: Place, cell: str) -> list[Answer]:
    session = Session(server, Submission("", None, (cell,), frozenset()), place)
    try:
        return session.answers(TASK)["all"]
    finally:
        session.end()


@pytest.mark.parametrize("pause", [0, 0.02], ids=["together", "apart"])
def test_answers_before_the_end_count(server: Preloaded, place: Place, pause: float) -> None:
    *before, ending, one, other = answers(server, place, FATAL.format(pause=pause))
    assert before == [Returned(0), Returned(1), Returned(2)]
    assert isinstance(ending, Stopped)
    assert ending.outcome == "crashed"
    assert (one, other) == (NotRun(), NotRun())


def test_the_control_the_process_alone_cannot_tell_which_call_it_was(server: Preloaded, place: Place) -> None:
    with LearnerProcess(server, place) as process:
        process.run(FATAL.format(pause=0), 30)
        found = process.calls("answer", [case.asked for case in CASES], 5)
        assert process.stopped is not None
    # None, or as many as crossed before the end: nothing says that the next call was the one.
    assert found == [Returned(number) for number in range(len(found))]
    assert len(found) <= FATAL_NUMBER


def test_a_call_that_never_ends_is_known(server: Preloaded, place: Place) -> None:
    """It is not asked a second time: its own alarm tells."""
    cell = "def answer(number):\n    while number == 3: pass\n    return number"
    found = answers(server, place, cell)
    assert found[3] == Stopped("timeout", "limit for one call: 5 s")
    assert found[:3] == [Returned(0), Returned(1), Returned(2)]
