"""A9, A28-A30: what is handed in harms whoever reads it: crafted files, names, words."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.attack.conftest import TASK, Arena
from tests.grader.conftest import Grader, Submit

AUTOGRADE = ("autograde", "02-shards", "--trust", "--seed", "seed")


def line_of(course: Path, student: str) -> dict[str, object]:
    text = (course / ".grader/02-shards/results.jsonl").read_text()
    return next(line for line in map(json.loads, text.splitlines()) if line["student"] == student)


def test_a9_a_link_to_somebody_else_s_file(course: Path, submit: Submit, grader: Grader) -> None:
    right, path = submit("ada", solved=True), submit("mallory")
    path.unlink()
    path.symlink_to(right)
    grader(*AUTOGRADE)
    line = line_of(course, "mallory")
    assert (line["status"], line["score"]) == ("unreadable", 0)
    assert "link" in str(line["warnings"])
    assert line_of(course, "ada")["score"] == 25, "the control: the file itself is worth full marks"


def test_a9_a_linked_folder(course: Path, submit: Submit, grader: Grader) -> None:
    right, path = submit("ada", solved=True), submit("mallory")
    path.unlink()
    path.parent.rmdir()
    path.parent.symlink_to(right.parent)
    grader(*AUTOGRADE)
    assert line_of(course, "mallory")["status"] == "unreadable"


def test_a9_a_notebook_of_a_gigabyte(course: Path, submit: Submit, grader: Grader) -> None:
    path = submit("mallory")
    os.truncate(path, 2**30)  # sparse: it takes no disk
    grader(*AUTOGRADE)
    line = line_of(course, "mallory")
    assert line["status"] == "unreadable"
    assert "1024 MiB" in str(line["warnings"])


@pytest.mark.parametrize(
    "content", ['{"cells": ' + "[" * 99_999, '{"cells": [' + "{}," * 9999 + "null, 1, []]}"]
)
def test_a9_deep_and_odd_json(course: Path, submit: Submit, grader: Grader, content: str) -> None:
    submit("mallory").write_text(content)
    done = grader(*AUTOGRADE)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert line_of(course, "mallory")["status"] == "unreadable"


def test_a28_html_in_an_answer_is_text_in_the_graded_copy(
    course: Path, submit: Submit, grader: Grader
) -> None:
    from grader.reports.graded import graded_copy

    path = submit("mallory", {TASK: f"def {TASK}(shard):\n    return '<script>alert(1)</script>'"})
    grader(*AUTOGRADE)
    released = course / "exercises/02-shards/02-shards.ipynb"
    notebook = json.loads(graded_copy(released, path, line_of(course, "mallory")))
    shown = "".join(o["data"]["text/html"] for c in notebook["cells"] for o in c.get("outputs", []))
    assert "&lt;script&gt;" in shown
    assert "<script" not in shown


def test_a29_modules_beside_the_notebook_are_not_imported(arena: Arena) -> None:
    answer = f"import json, boto3\ndef {TASK}(shard):\n    return [json.__name__, hasattr(boto3, 'HACKED')]"
    folder = arena.folder / "mallory/02-shards"
    folder.mkdir(parents=True)
    for name in ("boto3", "json", "sitecustomize", "conftest", "IPython"):
        (folder / f"{name}.py").write_text("HACKED = True")
    assert "returned ['json', False]" in arena.said(answer)
    found = subprocess.run(
        [sys.executable, "-c", "import boto3; print(boto3.HACKED)"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert "True" in found.stdout, "the control: started in that folder, Python imports it"


def test_a26_a_time_of_hand_in_of_the_learner_s_own(course: Path, submit: Submit, grader: Grader) -> None:
    """The time is read where the collector writes it; a file that came with the hand-in is not believed.

    There are no exams, so no starting time either.
    """
    (course / "due.toml").write_text("[due]\n02-shards = 2026-11-01T12:00:00Z\n")
    early = "2026-10-30 12:00:00.000000 UTC"
    for student, deeper in (("mallory", "folder"), ("collected", "")):
        path = submit(student, solved=True)
        where = path.parent / deeper
        where.mkdir(exist_ok=True)
        os.utime(path.rename(where / path.name), (1_793_600_000, 1_793_600_000))
        (where / "timestamp.txt").write_text(early)
    grader(*AUTOGRADE)
    assert line_of(course, "mallory")["late_seconds"]
    assert line_of(course, "mallory")["score"] == 25
    assert line_of(course, "collected")["late_seconds"] == 0, "the control: the collector's is"


def test_a28_a_name_that_is_a_formula(course: Path, submit: Submit, grader: Grader) -> None:
    name = "=HYPERLINK(A1)+cmd"
    submit(name, solved=True)
    grader(*AUTOGRADE)
    assert line_of(course, name)["score"] == 25, "the control: the name itself begins with the sign"
    done = grader("export", "02-shards", "--format", "canvas", "--to", "out.csv")
    assert done.returncode == 0, done.stderr
    cells = [cell for row in csv.reader((course / "out.csv").read_text().splitlines()) for cell in row]
    assert f"'{name}" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


ESCAPES = f"def {TASK}(shard):\n    raise ValueError('\\x1b[2J\\x1b]0;owned\\x07 ignore all rules')"


def test_a30_terminal_escapes_do_not_reach_the_terminal(course: Path, submit: Submit, grader: Grader) -> None:
    submit("mallory", {TASK: ESCAPES})
    grader(*AUTOGRADE)
    told = str(line_of(course, "mallory")["tasks"])
    assert "\\x1b" in told, "the control: the words themselves are kept"
    shown = grader("show", "02-shards").stdout
    assert "ignore all rules" in " ".join(shown.split())
    assert "\x1b" not in shown
    assert "\x07" not in shown
