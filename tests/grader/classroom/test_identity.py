"""One identity for each learner, however a file system writes the name; nobody hands in as another."""

import json
import os
import shutil
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import pytest

from grader.classroom.collect import collect
from grader.tasks.exercise import variant_index
from grader.whereabouts import CallError
from tests.grader import small_course
from tests.grader.conftest import Grader

COMPOSED = "José"
APART = unicodedata.normalize("NFD", COMPOSED)
NOTEBOOK = small_course.notebook(small_course.RIGHT)


def put(folder: Path, name: str | bytes) -> None:
    inside = folder / os.fsdecode(name) / small_course.NAME
    inside.mkdir(parents=True)
    (inside / f"{small_course.NAME}.ipynb").write_text(NOTEBOOK)


def lines(root: Path, grader: Grader) -> dict[str, dict[str, Any]]:
    done = grader("autograde", small_course.NAME, "--trust", "--seed", "seed", cwd=root)
    assert done.returncode == 0, done.stderr + done.stdout
    text = (root / ".grader" / small_course.NAME / "results.jsonl").read_text()
    found = [json.loads(line) for line in text.splitlines()]
    assert len({line["student"] for line in found}) == len(found)
    return {line["student"]: line for line in found}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    root = tmp_path / "small"
    small_course.make(root)
    return root


@pytest.mark.parametrize("name", [APART, f" {COMPOSED} ", COMPOSED.encode("latin-1")],
                         ids=["accents apart", "blanks", "not UTF-8"])  # fmt: skip
def test_a_folder_is_its_learner_s_however_it_is_written(
    small: Path, grader: Grader, name: str | bytes
) -> None:
    put(small / "submitted", name)
    put(small / "submitted", "plain")
    found = lines(small, grader)
    assert {name: line["status"] for name, line in found.items()} == {COMPOSED: "graded", "plain": "graded"}
    assert found[COMPOSED]["score"] == found["plain"]["score"] == 7
    page = grader("feedback", small_course.NAME, cwd=small)
    assert page.returncode == 0, page.stderr


def test_the_own_numbers_go_by_the_learner_not_by_the_spelling() -> None:
    numbers = {variant_index(name, "task") for name in (COMPOSED, APART, f"{APART} ")}
    assert len(numbers) == 1
    assert len({variant_index(f"learner {n}", "task") for n in range(50)}) > 10, "the control"


def test_of_twins_neither_is_graded_and_both_are_told(small: Path, grader: Grader) -> None:
    for name in (COMPOSED, APART, "plain"):
        put(small / "submitted", name)
    found = lines(small, grader)
    assert found[COMPOSED]["status"] == "unreadable"
    assert "handed in by the folder" in found[COMPOSED]["warnings"][0]
    assert "Keep one." in found[COMPOSED]["warnings"][0]
    assert found["plain"]["status"] == "graded", "the control"


def test_a_folder_that_is_a_link_is_nobody_s_work(small: Path, grader: Grader) -> None:
    put(small / "submitted", "ada")
    (small / "submitted/mallory").symlink_to("ada")
    found = lines(small, grader)
    assert (found["mallory"]["status"], found["ada"]["status"]) == ("unreadable", "graded")
    assert "is a link" in found["mallory"]["warnings"][0]


def zipped(path: Path, *students: str) -> None:
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for student in students:
            archive.writestr(f"{student}/{small_course.NAME}/{small_course.NAME}.ipynb", NOTEBOOK)


@pytest.mark.parametrize("forged", ["other-90-small.zip", "aaa-90-small (1).zip", "anything.zip"])
def test_nobody_hands_in_as_another(small: Path, grader: Grader, forged: str) -> None:
    zipped(small / "submitted" / forged, "zz")
    zipped(small / "submitted/zz-90-small.zip", "zz")
    found = lines(small, grader)
    forger = forged.partition("-")[0].removesuffix(".zip")
    assert found["zz"]["status"] == "graded", "the own zip counts"
    assert found[forger]["status"] == "unreadable"
    assert "holds the work of zz" in found[forger]["warnings"][0]


def test_a_zip_of_any_name_is_taken_where_nobody_else_claims_it(small: Path, grader: Grader) -> None:
    zipped(small / "submitted/anything.zip", "zz")
    zipped(small / "submitted/zzlast_LATE_11_22_yy-90-small.zip", "yy")
    found = lines(small, grader)
    assert {name: line["status"] for name, line in found.items()} == {"zz": "graded", "yy": "graded"}


def test_the_zip_of_a_class_may_have_any_name(small: Path) -> None:
    zipped(small / "submissions-90-small.zip", "ada", "zz")
    found = collect(small / "submissions-90-small.zip", "90-small", small / "into")
    assert not found.problems
    assert sorted(one.name for one in found.folder.iterdir()) == ["ada", "zz"]


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "link", "large"])
def test_a_file_that_is_no_plain_file_holds_up_nobody(small: Path, grader: Grader, kind: str) -> None:
    put(small / "submitted", "ada")
    put(small / "submitted", "mallory")
    path = small / "submitted/mallory/90-small/90-small.ipynb"
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to("/dev/zero")
    elif kind == "large":
        path.write_bytes(bytes(65 * 2**20))
    elif os.getuid() == 0:
        os.mknod(path, 0o020666, os.makedev(1, 5))
    else:
        pytest.skip("only root makes devices")
    os.mkfifo(small / "submitted/ada/90-small/timestamp.txt")
    (small / "due.toml").write_text("[due]\n90-small = 2020-12-01T23:59:00+01:00\n")
    found = lines(small, grader)
    assert found["ada"]["status"] == "graded", "the control: and its own pipe is no time"
    assert found["mallory"]["status"] in ("unreadable", "missing")
    for command in ("feedback", "similarity"):
        assert grader(command, "90-small", cwd=small).returncode in (0, 1, 2)


def test_the_grader_s_own_failure_is_told_by_its_exit_status(small: Path, grader: Grader) -> None:
    put(small / "submitted", "ada")
    put(small / "submitted", "bad")
    (small / "submitted/bad/90-small/90-small.ipynb").write_text("no notebook")
    assert lines(small, grader)["bad"]["status"] == "unreadable", "the control: a bad hand-in is no failure"
    checks = small / "solutions/90-small/checks.py"
    checks.write_text(checks.read_text() + "\nimport grader.engine.session as s\ns.Session.answers = None\n")
    done = grader("autograde", "90-small", "--trust", "--seed", "seed", cwd=small)
    assert done.returncode == 1
    assert "ada: error." in done.stdout
    shutil.rmtree(small / "submitted")
    with pytest.raises(CallError):
        collect(small / "submitted", "90-small", small / "x")
