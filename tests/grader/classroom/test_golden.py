"""No honest mark is lost: golden submissions, and damage to whatever is not an answer."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.engine.judge import NO_LAB, Judge, grade
from grader.engine.plan import load_plan
from grader.engine.process import Preloaded
from grader.engine.submission import parse_notebook, read_submission
from tests.grader.renew_golden import ASSIGNMENT, COURSE, GOLDEN, difference, graded, names


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return graded(tmp_path_factory.mktemp("golden"))


@pytest.mark.parametrize("name", names())
def test_golden(seen: dict[str, str], name: str) -> None:
    """Another result than before? `python -m tests.grader.renew_golden` renews it, shows the difference."""
    assert (GOLDEN / name / "expected.json").is_file()
    assert difference(name, seen[name]) == ""


def test_golden_the_control(seen: dict[str, str]) -> None:
    """A result that differs is told, and both ends of the scale are among the golden submissions."""
    assert "-" in difference("all-right", seen["untouched"])
    scores = {json.loads(text)["score"] for text in seen.values()}
    assert {0, 6} <= scores


RIGHT = json.loads((GOLDEN / "all-right" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb").read_text())
HALF = copy.deepcopy(RIGHT)
for one in HALF["cells"]:
    if one["id"] == "answer-double":
        one["source"] = "def double(number):\n    return 3 * number"


class Bench:
    """Grades a notebook given as data."""

    def __init__(self, server: Preloaded, folder: Path) -> None:
        self._server, self._path = server, folder / f"{ASSIGNMENT}.ipynb"
        self._judge = Judge.draw(load_plan(COURSE, ASSIGNMENT), b"a seed of the property tests")

    def points(self, notebook: Any) -> dict[str, int]:
        self._path.write_text(json.dumps(notebook))
        plan = self._judge.plan
        raw = self._path.read_bytes()
        notebook = parse_notebook(raw, self._path.name)
        submission = read_submission(raw, notebook, plan.release, plan.exercise.tasks)
        marks, _ = grade(self._server, self._judge, submission, "ada", NO_LAB)
        return {mark.id: mark.points for mark in marks}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Preloaded() as server:
        yield Bench(server, tmp_path_factory.mktemp("bench"))


def is_answer(cell: dict[str, Any]) -> bool:
    return str(cell.get("id")).startswith("answer-")


HARMLESS = ("", "# a note", "print('x')", "1 / 0", "x = [1, 2", "raise SystemExit", "%time 1", "!true",
            "import warnings; warnings.warn('x')", "check = None", "input()", "\u2028", "\\ud800", "def",
            "def double(number):\n    ...", "my_number = ...")  # fmt: skip
JUNK = st.one_of(st.none(), st.integers(), st.text(max_size=5), st.lists(st.integers(), max_size=2))
KINDS = ("code", "markdown", "raw", "heading", None, 7)


@st.composite
def damages(draw: st.DrawFn, whole: dict[str, Any]) -> dict[str, Any]:
    """A notebook in which all but the answers' own text may be changed, moved, doubled or gone."""
    notebook = copy.deepcopy(whole)
    cells: list[Any] = notebook["cells"]
    for cell in cells:
        if draw(st.booleans()):
            cell["metadata"] = draw(
                st.sampled_from([{}, {"tags": ["x"]}, {"nbgrader": {}}, cell["metadata"]])
            )
        if draw(st.booleans()):
            cell["outputs"] = draw(JUNK)
        if not is_answer(cell) and draw(st.booleans()):
            cell["source"] = draw(st.one_of(st.sampled_from(HARMLESS), JUNK))
            cell["cell_type"] = draw(st.sampled_from(KINDS))
        elif is_answer(cell) and draw(st.booleans()):
            cell["source"] = cell["source"].splitlines(keepends=True)
            cell["cell_type"] = draw(st.sampled_from(("code", "raw", "markdown")))
    doubled = [copy.deepcopy(cell) for cell in cells if draw(st.integers(0, 4)) == 0]
    kept = [cell for cell in cells if is_answer(cell) or draw(st.integers(0, 3)) > 0]
    extra = [{"cell_type": draw(st.sampled_from(KINDS)), "source": text}
             for text in draw(st.lists(st.sampled_from(HARMLESS), max_size=4))]  # fmt: skip
    notebook["cells"] = draw(st.permutations([*kept, *doubled, *extra, *draw(st.lists(JUNK, max_size=2))]))
    for cell in notebook["cells"]:
        if isinstance(cell, dict) and draw(st.booleans()):
            cell["id"] = draw(st.sampled_from(("same", None, 3)))
    notebook["metadata"] = draw(st.sampled_from([{}, None, 3, notebook["metadata"]]))
    notebook["nbformat_minor"] = draw(st.one_of(st.integers(0, 5), JUNK))
    return notebook


EXAMPLES = settings(max_examples=60, deadline=None, derandomize=True,
                    suppress_health_check=[HealthCheck.too_slow])  # fmt: skip


@EXAMPLES
@given(notebook=damages(RIGHT))
def test_no_damage_beside_the_answers_costs_a_point(bench: Bench, notebook: dict[str, Any]) -> None:
    assert bench.points(notebook) == {"double": 2, "total": 3, "own": 1}


@EXAMPLES
@given(notebook=damages(HALF))
def test_no_damage_beside_the_answers_gives_a_point(bench: Bench, notebook: dict[str, Any]) -> None:
    """The control: the same damage leaves a wrong answer wrong, and its neighbours right."""
    assert bench.points(notebook) == {"double": 0, "total": 3, "own": 1}
