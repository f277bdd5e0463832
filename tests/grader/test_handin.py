"""A learner's own commands, from one's own notebook in exercises/."""

import json
import zipfile
from pathlib import Path

import pytest

from grader.compose import compose
from tests.grader.conftest import Grader


@pytest.fixture
def worked(course: Path) -> Path:
    """The learner's notebook, with everything answered."""
    path = course / "exercises/02-shards/02-shards.ipynb"
    path.write_text(compose(course / "solutions/02-shards/02-shards.ipynb", {}, solved=True))
    return path


def test_the_name_is_kept(grader: Grader) -> None:
    assert grader("whoami").stdout.strip() == "self"
    assert grader("whoami", "Ada Lovelace").stdout.strip() == "Ada Lovelace"
    assert grader("whoami").stdout.strip() == "Ada Lovelace"


def test_mark_tries_hidden_cases_too(course: Path, worked: Path, grader: Grader) -> None:
    done = grader("mark", "02-shards")
    assert "20 of 20 points" in done.stdout, done.stderr
    assert worked.read_text() == compose(course / "solutions/02-shards/02-shards.ipynb", {}, solved=True)


def test_mark_of_an_untouched_exercise(grader: Grader) -> None:
    done = grader("mark", "02-shards")
    assert "0 of 20 points" in done.stdout
    assert done.stdout.count("not attempted") == 5


def test_submit_writes_the_layout_that_autograde_reads(course: Path, worked: Path, grader: Grader) -> None:
    grader("whoami", "ada")
    assert grader("submit", "02-shards").returncode == 0
    assert (course / "submitted/ada/02-shards/02-shards.ipynb").read_bytes() == worked.read_bytes()
    done = grader("autograde", "02-shards", "--trust", "--seed", "seed")
    assert "1 submissions, 1 graded" in done.stdout
    assert "ada · 02-shards · 20 of 20" in grader("show", "02-shards").stdout


def test_submit_makes_one_zip(course: Path, worked: Path, grader: Grader) -> None:
    grader("whoami", "ada")
    grader("submit", "02-shards", "--zip", "--to", "out")
    with zipfile.ZipFile(course / "out/ada-02-shards.zip") as archive:
        assert archive.namelist() == ["ada/02-shards/02-shards.ipynb"]
        assert archive.read("ada/02-shards/02-shards.ipynb") == worked.read_bytes()


def test_reset_sets_one_task_back_and_keeps_the_rest(course: Path, worked: Path, grader: Grader) -> None:
    before = worked.read_bytes()
    done = grader("reset", "02-shards/split_point")
    assert done.returncode == 0, done.stderr
    assert (worked.parent / "backups/02-shards.1.ipynb").read_bytes() == before
    marked = grader("mark", "02-shards").stdout
    assert "17 of 20 points" in marked
    assert "split_point: 0 of 3 (not attempted)" in marked


def test_reset_of_an_unknown_task_changes_nothing(worked: Path, grader: Grader) -> None:
    before = worked.read_bytes()
    assert grader("reset", "02-shards/nothing").returncode == 2
    assert worked.read_bytes() == before


def test_numbers_of_another_name_are_explained(course: Path, grader: Grader) -> None:
    source = course / "solutions/02-shards/02-shards.ipynb"
    checks = json.loads((course / "exercises/02-shards/.checks.json").read_text())
    part = next(p for t in checks["tasks"] for p in t["parts"] if p["kind"] == "value")
    answer = "".join(
        "".join(c["source"])
        for c in json.loads(compose(source, {}, solved=True))["cells"]
        if "def required_shards" in "".join(c["source"])
    )
    fixed = f"{answer}\nmy_shards = {part['highest']}"
    (course / "exercises/02-shards/02-shards.ipynb").write_text(
        compose(source, {"required_shards": fixed}, solved=True)
    )
    assert "grader whoami" in grader("mark", "02-shards").stdout
