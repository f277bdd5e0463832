"""Marks in nbgrader's own gradebook, and nbgrader's own commands on this course."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from grader.alembic_path import with_own_commands
from tests.grader.conftest import Grader, Submit

pytestmark = pytest.mark.xdist_group("nbgrader")


def nbgrader(course: Path, *arguments: str) -> None:
    environment = {**os.environ, "PATH": with_own_commands(), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def exported(course: Path) -> dict[str, float]:
    """Scores by student, as nbgrader exports them."""
    nbgrader(course, "export")
    with (course / "grades.csv").open() as file:
        return {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}


def results(course: Path) -> dict[str, dict[str, Any]]:
    text = (course / ".grader/02-shards/results.jsonl").read_text()
    return {line["student"]: line for line in map(json.loads, text.splitlines())}


def test_marks_reach_nbgrader_and_manual_scores_stay(course: Path, submit: Submit, grader: Grader) -> None:
    submit("ada", solved=True)
    wrong = course / "solutions/02-shards/wrong/split_point/forgets_start.py"
    submit("bob", {"split_point": wrong.read_text()}, solved=True)
    assert grader("autograde", "02-shards", "--trust", "--seed", "seed").returncode == 0
    assert grader("gradebook", "02-shards").returncode == 0
    marks = {name: line["score"] for name, line in results(course).items()}
    assert exported(course) == marks
    graded = json.loads((course / "autograded/bob/02-shards/02-shards.ipynb").read_text())
    assert "forget where it starts" in json.dumps(graded)

    _give_by_hand(course, "bob", "split_point", 3.0)
    done = grader("gradebook", "02-shards")
    assert "2 of 2 students" in done.stdout
    missing = 3.0 - next(t["points"] for t in results(course)["bob"]["tasks"] if t["id"] == "split_point")
    assert exported(course) == {**marks, "bob": marks["bob"] + missing}


def _give_by_hand(course: Path, student: str, task: str, score: float) -> None:
    """As a person does in formgrader."""
    code = (
        "from nbgrader.api import Gradebook\n"
        "with Gradebook('sqlite:///gradebook.db', 'kinesis') as book:\n"
        f"    grade = book.find_grade({task!r}, '02-shards', '02-shards', {student!r})\n"
        f"    grade.manual_score = {score}\n"
        "    book.db.commit()\n"
    )
    environment = {**os.environ, "PATH": with_own_commands()}
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=course, env=environment, check=True)


def test_nbgrader_s_own_autograde_agrees_with_the_visible_points(
    course: Path, submit: Submit, grader: Grader
) -> None:
    submit("ada", solved=True)
    folder = course / "solutions/02-shards/wrong"
    wrong = {"split_point": "forgets_start", "required_shards": "forgets_records", "reading_order": "by_id"}
    submit("bob", {t: (folder / t / f"{n}.py").read_text() for t, n in wrong.items()}, solved=True)
    submit("eve")
    nbgrader(course, "generate_assignment", "02-shards", "--create", "--force")
    for name in ("checks.py", "DESIGN.md", "wrong", "right", "02-shards.py"):
        assert not (course / "exercises/02-shards" / name).exists()
    nbgrader(course, "autograde", "02-shards", "--create")
    vanilla = exported(course)
    grader("autograde", "02-shards", "--trust", "--seed", "seed")
    ours = {
        name: sum(task["visible_points"] for task in line["tasks"]) for name, line in results(course).items()
    }
    assert vanilla == ours
    assert 0 < ours["bob"] < ours["ada"] == 19, "the learner's own numbers are not among the visible cases"
