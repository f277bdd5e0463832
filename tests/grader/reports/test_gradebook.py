"""Marks in nbgrader's own gradebook, and nbgrader's own commands on this course."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from grader.alembic_path import with_own_commands
from grader.cli import main
from grader.reports.gradebook import opened
from grader.reports.nbgrader_here import SWITCH, refuse_to_autograde
from tests.grader import made_results
from tests.grader.conftest import Grader, Submit
from tests.grader.made_results import line, task

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

    _give_by_hand("bob", "split_point", 3.0, f"sqlite:///{course / 'gradebook.db'}")
    done = grader("gradebook", "02-shards")
    assert "2 of 2 students" in done.stdout
    missing = 3.0 - next(t["points"] for t in results(course)["bob"]["tasks"] if t["id"] == "split_point")
    assert exported(course) == {**marks, "bob": marks["bob"] + missing}


def _give_by_hand(student: str, task: str, score: float, database: str) -> None:
    """As a person does in formgrader: a score, a comment, and no more to be looked at."""
    with opened(database) as book:
        grade = book.find_grade(task, "02-shards", "02-shards", student)
        grade.manual_score, grade.needs_manual_grade = score, False
        comment = book.find_comment(f"{task}_answer", "02-shards", "02-shards", student)
        comment.manual_comment = "Well done."
        book.db.commit()


def held(database: str) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Everything of every grade and submission, by student and task."""
    with opened(database) as book:
        return {
            (submission.student_id, grade.name): (
                grade.auto_score,
                grade.manual_score,
                bool(grade.needs_manual_grade),
                [comment.manual_comment for comment in notebook.comments if comment.manual_comment],
                submission.timestamp,
                submission.total_seconds_late,
            )
            for submission in book.assignment_submissions("02-shards")
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


@pytest.fixture
def marked(course: Path, submit: Submit) -> Path:
    """Results made by hand, of a class with a mark of every kind; the task `essay` is graded by a person."""
    names = ("required_shards", "predict_shard", "split_point", "plan_scaling", "reading_order")
    cut = task("cure_hot_shard", 0, 5)
    others = [*(task(name, 0, 3) for name in names[1:]), cut, task("essay", 0, 4, "not_attempted")]
    for student in ("ada", "bob", "cam"):
        submit(student, solved=True)
    made_results.write(
        course,
        [
            line("ada", [*(task(name, 3, 3) for name in names), cut, task("essay", 0, 4, "needs_manual")]),
            line("bob", [task(names[0], 2, 5), *others]),
            line("cam", [task(names[0], 1, 5), *others], late_seconds=60),
            line("dee", status="unreadable"),
        ],
    )
    (course / "due.toml").write_text(
        "grace_minutes = 15\n[due]\n02-shards = 2026-12-01T12:00:00Z\n"
        "[extensions.02-shards]\nbob = 2026-12-02T12:00:00Z\n"
    )
    for student, when in (("ada", "01 12:10"), ("bob", "02 12:20"), ("cam", "01 11:00")):
        folder = course / "submitted" / student / "02-shards"
        (folder / "timestamp.txt").write_text(f"2026-12-{when}:00 UTC")
    return course


def check_the_marked_class(course: Path, capsys: pytest.CaptureFixture[str], database: str) -> None:
    """What a gradebook must keep, in whatever database. In this process, as nbgrader takes 4 s to import."""

    def grader(*arguments: str) -> str:
        assert main(["--course", str(course), *arguments, "--database", database]) == 0
        return capsys.readouterr().out

    def save() -> None:
        assert "3 of 4 students" in grader("gradebook", "02-shards")

    save()
    first = held(database)
    assert first["ada", "essay"][:3] == (None, None, True), "left for formgrader"
    assert first["bob", "required_shards"][:3] == (2, None, False)
    late = {student: row[5] for (student, _), row in first.items()}
    assert late == {"ada": 0, "bob": 1200, "cam": 0}, "grace and extension are ours, the penalty nbgrader's"
    save()
    assert held(database) == first

    _give_by_hand("bob", "required_shards", 4.5, database)
    by_hand = held(database)
    assert by_hand["bob", "required_shards"][1:4] == (4.5, False, ["Well done."])
    save()
    assert held(database) == by_hand, "what a person gave is kept, and not asked for again"
    exported = json.loads(grader("export", "02-shards", "--format", "json", "--gradebook"))
    assert json.loads(grader("export", "02-shards", "--format", "json")) == exported, "one truth"
    scores = {s["student"]: s["grades"][0]["score"] for s in exported["students"]}
    assert scores == {"ada": None, "bob": 4.5, "cam": 1, "dee": None}, "ada's essay waits"

    (bob,) = [one for one in exported["students"] if one["student"] == "bob"]
    told = {one["id"]: (one["points"], one["by_hand"], one["comment"]) for one in bob["grades"][0]["tasks"]}
    assert told["required_shards"] == (4.5, True, "Well done.")
    assert told["essay"] == (0, False, ""), "the control"
    assert "On required_shards: Well done." in grader("export", "02-shards", "--format", "moodle")
    assert "bob 4.5 of 26 required_shards 4.5/5, " in " ".join(grader("show", "02-shards").split())
    assert "mean 6.8 of 22 points, median 4.5" in grader("report", "02-shards"), "by hand; the essay waits"
    shown = grader("show", "02-shards", "--only", "bob")
    assert "required_shards: 4.5 of 5 (partial, given by hand)" in shown
    grader("feedback", "02-shards")
    page = (course / "feedback/bob/02-shards.html").read_text()
    assert "4.5 of" in page
    assert "Well done." in page
    assert "Well done." not in (course / "feedback/cam/02-shards.html").read_text()

    path = course / "submitted/bob/02-shards/02-shards.ipynb"
    path.write_text(path.read_text().replace("def required_shards(", "# again\\ndef required_shards("))
    save()
    assert held(database)["bob", "required_shards"][1:3] == (4.5, True), "another answer is to be looked at"


def test_what_a_person_gave_is_kept(marked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check_the_marked_class(marked, capsys, f"sqlite:///{marked / 'gradebook.db'}")


def test_a_larger_class_takes_no_more_queries_and_one_transaction(course: Path, submit: Submit) -> None:
    told: list[str] = []

    def saved(count: int) -> tuple[int, int]:
        """Statements, and transactions of marks."""
        students = [f"s{number}" for number in range(count)]
        for student in students:
            submit(student, solved=True)
        made_results.write(course, [line(name, [task("split_point", 3, 4)]) for name in students])
        told.clear()
        assert main(["--course", str(course), "gradebook", "02-shards"]) == 0
        marks = [n for n, words in enumerate(told) if "INSERT INTO grade " in words]
        return len(told), len([n for n, words in enumerate(told) if words == "COMMIT" and n > marks[0]])

    def hear(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        told.append(statement)

    def end(_connection: object) -> None:
        told.append("COMMIT")

    event.listen(Engine, "before_cursor_execute", hear)
    event.listen(Engine, "commit", end)
    try:
        (few, _), (many, transactions) = saved(2), saved(8)
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
        event.remove(Engine, "commit", end)
    assert many <= few, "the first call makes the tables too"
    assert transactions == 1


@pytest.mark.parametrize("with_due_times", [False, True])
def test_formgrader_lists_every_submission_as_graded(
    marked: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, with_due_times: bool
) -> None:
    """With and without nbgrader's timestamp.txt; what formgrader shows comes from this API."""
    from nbgrader.apps.api import NbGraderAPI
    from traitlets.config import Config

    (marked / "submitted/cam/02-shards/timestamp.txt").unlink()
    if not with_due_times:
        (marked / "due.toml").unlink()
    (marked / "roster.csv").write_text('student,name\nada,"Lovelace, Ada"\nbob,Bob van Byte\n')
    assert main(["--course", str(marked), "gradebook", "02-shards"]) == 0
    monkeypatch.chdir(marked)
    config = Config({"CourseDirectory": {"course_id": "kinesis", "root": str(marked)}})
    listed = {one["student"]: one for one in NbGraderAPI(config=config).get_submissions("02-shards")}
    assert {name: one["autograded"] for name, one in listed.items()} == dict.fromkeys(
        ("ada", "bob", "cam"), True
    )
    assert {name: one["score"] for name, one in listed.items()} == {"ada": 15, "bob": 2, "cam": 1}
    assert [listed[name]["needs_manual_grade"] for name in ("ada", "bob", "cam")] == [True, False, False]
    assert listed["bob"]["display_timestamp"].startswith("2026-12-02 12:20:00")
    assert listed["cam"]["display_timestamp"] is None
    assert (listed["ada"]["first_name"], listed["ada"]["last_name"]) == ("Ada", "Lovelace")
    assert (listed["bob"]["first_name"], listed["bob"]["last_name"]) == ("Bob van", "Byte")


def test_a_database_that_cannot_be_used_is_one_sentence(
    marked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for url, words in (
        ("postgresql://me:secret@127.0.0.1:9/none", "cannot be used"),
        ("nonsense", "cannot be used"),
        ("oracle://me:secret@localhost/x", "Python package"),
    ):
        assert main(["--course", str(marked), "gradebook", "02-shards", "--database", url]) == 2
        said = capsys.readouterr().err
        assert words in said
        assert "secret" not in said


def test_a_task_that_came_in_mid_course_breaks_no_feedback_of_nbgrader_s(
    marked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A hand-in is shown as its release had it; without that release it has a place for every cell."""
    exercise = marked / "exercises/02-shards/02-shards.ipynb"
    now = json.loads(exercise.read_text())
    before = {**now, "cells": [c for c in now["cells"] if "split_point" not in json.dumps(c["metadata"])]}
    assert len(now["cells"]) - len(before["cells"]) == 2
    kept = marked / ".grader/releases/older"
    kept.mkdir(parents=True)
    (kept / "02-shards.ipynb").write_text(json.dumps(before))
    exercise.write_text(json.dumps(before))
    assert main(["--course", str(marked), "gradebook", "02-shards"]) == 0
    exercise.write_text(json.dumps(now))
    lines = results(marked)
    lines["bob"]["exercise_version"] = "older"
    made_results.write(marked, lines.values())
    assert main(["--course", str(marked), "gradebook", "02-shards"]) == 0
    cells = {
        name: (marked / f"autograded/{name}/02-shards/02-shards.ipynb").read_text() for name in ("ada", "bob")
    }
    here = ['"grade_id": "split_point"' in text for text in cells.values()]
    assert here == [True, False]
    nbgrader(marked, "generate_feedback", "02-shards", "--force")
    for name in ("ada", "bob", "cam"):
        assert (marked / f"feedback/{name}/02-shards/02-shards.html").is_file()


def test_nbgrader_s_own_autograde_runs_no_learner_s_code(
    course: Path, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the command nor formgrader's button, which calls this API; both say why."""
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.converters import Autograde
    from traitlets.config import Config

    submit("ada", {"split_point": f"open({str(course / 'was-run')!r}, 'w').close()"})
    environment = {**os.environ, "PATH": with_own_commands()}
    command = [sys.executable, "-m", "nbgrader", "autograde", "02-shards", "--create"]
    done = subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert "without a sandbox" in done.stderr
    assert "grader autograde 02-shards" in done.stderr
    assert not (course / "was-run").exists()
    assert not (course / "autograded").exists()

    monkeypatch.setattr(Autograde, "start", Autograde.start)  # put back at the end of the test
    refuse_to_autograde()
    config = Config({"CourseDirectory": {"course_id": "kinesis", "root": str(course)}})
    told = NbGraderAPI(config=config).autograde("02-shards", "ada")
    assert (told["success"], "without a sandbox" in told["log"]) == (False, True)


def test_nbgrader_s_own_autograde_agrees_with_the_visible_points(
    course: Path, submit: Submit, grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit("ada", solved=True)
    folder = course / "solutions/02-shards/wrong"
    wrong = {"split_point": "forgets_start", "required_shards": "forgets_records", "reading_order": "by_id"}
    submit("bob", {t: (folder / t / f"{n}.py").read_text() for t, n in wrong.items()}, solved=True)
    submit("eve")
    nbgrader(course, "generate_assignment", "02-shards", "--create", "--force")
    for name in ("checks", "DESIGN.md", "survivors.toml", "promises.toml", "wrong", "right", "02-shards.py"):
        assert not (course / "exercises/02-shards" / name).exists()
    monkeypatch.setenv(SWITCH, "1")
    nbgrader(course, "autograde", "02-shards", "--create")
    vanilla = exported(course)
    grader("autograde", "02-shards", "--trust", "--seed", "seed")
    ours = {
        name: sum(task["visible_points"] for task in line["tasks"]) for name, line in results(course).items()
    }
    assert vanilla == ours
    assert 0 < ours["bob"] < ours["ada"] == 24, "the learner's own numbers are not among the visible cases"
