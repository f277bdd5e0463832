"""A26: a late hand-in that says it was early. What the collector wrote counts, not what was sent."""

import json
import os
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.grader.conftest import Grader, Submit

AUTOGRADE = ("autograde", "02-shards", "--trust", "--seed", "seed")
DUE = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
LATE = timedelta(hours=2)
EARLY = "2026-11-01 10:00:00.000000 UTC\n"
NOTEBOOK, STAMP = "02-shards.ipynb", "timestamp.txt"


@pytest.fixture
def late(course: Path, submit: Submit) -> Path:
    """A notebook, in its folder, two hours late, that says in itself that it was early."""
    (course / "due.toml").write_text("[due]\n02-shards = 2026-11-20T23:00:00Z\n")
    path = submit("mallory", solved=True)
    notebook = json.loads(path.read_text())
    notebook["metadata"]["kinesis_course"] |= {"submitted": EARLY, "timestamp": EARLY, "late_seconds": 0}
    path.write_text(json.dumps(notebook))
    return came_late(path)


def came_late(path: Path) -> Path:
    when = (DUE + LATE).timestamp()
    os.utime(path, (when, when))
    return path


def zipped(path: Path, notebook: Path) -> Path:
    """With a time of hand-in inside; a member's own date is 1980."""
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in ((NOTEBOOK, notebook.read_text()), (STAMP, EARLY)):
            archive.writestr(zipfile.ZipInfo(f"mallory/02-shards/{name}"), text)
    return came_late(path)


def late_seconds(course: Path, grader: Grader, *more: str) -> float:
    done = grader(*AUTOGRADE, *more)
    assert done.returncode == 0, done.stderr
    (line,) = (course / ".grader/02-shards/results.jsonl").read_text().splitlines()
    assert json.loads(line)["score"] == 25
    return float(json.loads(line)["late_seconds"])


def test_a26_in_the_notebook(course: Path, late: Path, grader: Grader) -> None:
    assert late_seconds(course, grader) == LATE.total_seconds()


def test_a26_in_the_learner_s_own_zip(course: Path, late: Path, grader: Grader) -> None:
    zipped(course / "zips/mallory.zip", late)
    assert late_seconds(course, grader, "--submitted", "zips") == LATE.total_seconds()


def test_a26_in_a_folder_that_came_with_the_hand_in(course: Path, late: Path, grader: Grader) -> None:
    own = late.parent / "mine"
    own.mkdir()
    late.rename(own / NOTEBOOK)
    (own / STAMP).write_text(EARLY)
    assert late_seconds(course, grader) == LATE.total_seconds()


def test_a26_the_control_where_the_collector_writes_it_counts(
    course: Path, late: Path, grader: Grader
) -> None:
    whole_class = zipped(course / "class.zip", late)
    assert late_seconds(course, grader, "--submitted", str(whole_class)) == 0


def test_a26_open_a_learner_who_writes_where_the_collector_does(
    course: Path, late: Path, grader: Grader
) -> None:
    """How far it goes: who unpacks a learner's zip into the submission's folder lets it write the time."""
    late.with_name(STAMP).write_text(EARLY)
    assert late_seconds(course, grader) == 0
