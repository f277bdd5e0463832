"""Each wrong answer loses its own lines: what `losses.toml` says is compared with the marks."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from grader.authoring.lint_answers import answers
from grader.authoring.losses import FILE_NAME, check_losses, lost_parts
from grader.authoring.mutants import read_reasons
from grader.engine.plan import load_plan
from grader.tasks.declaration import AuthoringError, FreeText, Task
from tests.grader.conftest import ROOT

CAPSTONE = "11-capstone"
TASKS = {task.id: task for task in load_plan(ROOT, CAPSTONE).tasks}
POLICIES = TASKS["policies"]


def mark(task: Task, *parts: str) -> Mapping[str, Any]:
    """A mark that lost these parts."""
    says = {part.id: part.says for part in task.parts if not isinstance(part, FreeText)}
    return {
        "reasons": ["Words of a misconception.", *(f"Your function {says[part]}. Run 1." for part in parts)]
    }


def findings(tmp_path: Path, declared: str, **marks: Mapping[str, Any]) -> list[str]:
    (tmp_path / FILE_NAME).write_text(declared)
    return list(check_losses(POLICIES, tmp_path, marks, {*TASKS}))


def test_a_mark_tells_its_lost_parts() -> None:
    assert lost_parts(POLICIES, mark(POLICIES, "producer", "operator")) == {"producer", "operator"}
    assert lost_parts(POLICIES, mark(POLICIES)) == set()


def test_what_is_declared_is_in_order(tmp_path: Path) -> None:
    told = '[policies]\nno_star = "operator"\nother = "producer, consumer"\n'
    lost = {"no_star": mark(POLICIES, "operator"), "other": mark(POLICIES, "consumer", "producer")}
    assert findings(tmp_path, told, **lost) == []


@pytest.mark.parametrize(
    ("told", "lost", "words"),
    [
        ('no_star = "operator"', ("operator", "producer"), "loses operator, producer, and"),
        ('no_star = "operator, producer"', ("operator",), "says operator, producer"),
        ("", ("operator",), "says nothing"),
        ('no_star = "operator"\ngone = "producer"', ("operator",), "gone.py, which there is not"),
    ],
)
def test_what_differs_is_named(tmp_path: Path, told: str, lost: tuple[str, ...], words: str) -> None:
    (found,) = findings(tmp_path, f"[policies]\n{told}\n", no_star=mark(POLICIES, *lost))
    assert words in found


def test_a_task_that_is_gone_is_named(tmp_path: Path) -> None:
    told = '[policies]\nno_star = "operator"\n[bygone]\nx = "y"\n'
    (found,) = findings(tmp_path, told, no_star=mark(POLICIES, "operator"))
    assert "the task bygone, which there is not" in found


def test_a_damaged_file_is_the_author_s_to_mend(tmp_path: Path) -> None:
    with pytest.raises(AuthoringError, match="not TOML"):
        findings(tmp_path, "[policies", no_star=mark(POLICIES))


def test_the_capstone_declares_every_wrong_answer_and_line() -> None:
    """That each loses just these is proved by grading, in the lint (`test_in_order`)."""
    folder = ROOT / "solutions" / CAPSTONE
    declared = read_reasons(folder, FILE_NAME)
    kept = {(task, name) for task, name, _ in answers(folder, "wrong")}
    assert {(task, name) for task, names in declared.items() for name in names} == kept
    for name, task in TASKS.items():
        told = {part for lost in declared[name].values() for part in lost.split(", ")}
        assert told == {part.id for part in task.parts}
