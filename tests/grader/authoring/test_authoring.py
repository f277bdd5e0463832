"""Assignments are in order, and the guards that say so can fail."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.authoring.leaks import leaks
from grader.authoring.lint import lint
from grader.authoring.release import release, stamp
from grader.authoring.twins import differing, pairs
from grader.classroom.autograde import Graded
from grader.engine.plan import assignments
from grader.tasks.declaration import AuthoringError
from tests.conftest import STATE
from tests.grader.conftest import ROOT, Grader

ASSIGNMENTS = assignments(ROOT)

GRADED = frozenset({"graded"})


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def sources(folder: Path) -> dict[str, bytes]:
    """Its files without what Python keeps of modules that were imported."""
    return {name: content for name, content in files(folder).items() if "__pycache__" not in name}


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))


@pytest.mark.long
@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_in_order(assignment: str, running_lab: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_STATE", os.environ[STATE])
    before = sources(ROOT / "solutions" / assignment)
    # One worker: other tests have the other cores, and to start a second takes 5 s for each assignment.
    assert lint(ROOT, assignment, workers=1) == []
    assert sources(ROOT / "solutions" / assignment) == before, "the lint only looks"


class TestTheLintCanFail:
    def test_a_leaked_solution_line(self, course: Path) -> None:
        released = course / "exercises/00-welcome"
        notebook = json.loads((released / "00-welcome.ipynb").read_text())
        source = json.loads((course / "solutions/00-welcome/00-welcome.ipynb").read_text())
        answer = next(c for c in source["cells"] if "BEGIN SOLUTION" in "".join(c["source"]))
        notebook["cells"][-1]["source"] = answer["source"]
        (released / "00-welcome.ipynb").write_text(json.dumps(notebook))
        assert any(
            "line of a solution" in words for words in leaks(course / "solutions/00-welcome", released)
        )

    def test_a_leaked_output_attachment_and_file(self, course: Path) -> None:
        released = course / "exercises/00-welcome"
        notebook = json.loads((released / "00-welcome.ipynb").read_text())
        code = next(c for c in notebook["cells"] if c["cell_type"] == "code")
        code["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "42"}]
        notebook["cells"][0]["attachments"] = {"a.png": {}}
        (released / "00-welcome.ipynb").write_text(json.dumps(notebook))
        shutil.copytree(course / "solutions/00-welcome/checks", released / "checks")
        words = " ".join(leaks(course / "solutions/00-welcome", released))
        assert "stored output" in words
        assert "attachment" in words
        assert "instructor's" in words

    def test_a_wrong_answer_that_is_right(self, course: Path) -> None:
        folder = course / "solutions/00-welcome"
        right = next((folder / "right/stream_arn").glob("*.py"))
        (folder / "wrong/stream_arn/other_fine.py").write_text(right.read_text())
        assert any("gets full marks" in words for words in lint(course, "00-welcome", GRADED))

    def test_a_mistake_taken_for_another(self, course: Path) -> None:
        wrong = course / "solutions/00-welcome/wrong/stream_arn"
        first, second, *_ = sorted(p for p in wrong.glob("*.py") if not p.name.startswith("other_"))
        first.write_text(second.read_text())
        assert any(f"is taken for {second.stem}" in words for words in lint(course, "00-welcome", GRADED))

    def test_a_solution_that_loses_points(self, course: Path) -> None:
        path = course / "solutions/00-welcome/00-welcome.ipynb"
        notebook = json.loads(path.read_text())
        cell = next(c for c in notebook["cells"] if "BEGIN SOLUTION" in "".join(c["source"]))
        cell["source"] = "".join(cell["source"]).replace("stream/", "")
        path.write_text(json.dumps(notebook))
        assert any("does not get full marks" in words for words in lint(course, "00-welcome", GRADED))

    def test_a_stub_that_is_an_answer(self, course: Path) -> None:
        path = course / "solutions/00-welcome/00-welcome.ipynb"
        notebook = json.loads(path.read_text())
        cell = next(c for c in notebook["cells"] if "BEGIN SOLUTION" in "".join(c["source"]))
        cell["source"] = "".join(line for line in cell["source"] if "SOLUTION" not in line)
        path.write_text(json.dumps(notebook))
        assert any("untouched" in words for words in lint(course, "00-welcome", GRADED))

    def test_a_missing_wrong_answer(self, course: Path) -> None:
        next((course / "solutions/00-welcome/wrong/stream_arn").glob("[!o]*.py")).unlink()
        assert any("is missing" in words for words in lint(course, "00-welcome", GRADED))


@pytest.mark.xdist_group("nbgrader")
def test_the_release_follows_its_source(course: Path, tmp_path: Path) -> None:
    path = course / "solutions/00-welcome/00-welcome.ipynb"
    notebook = json.loads(path.read_text())
    notebook["cells"][0]["source"] = "# Another title"
    path.write_text(json.dumps(notebook))
    release(course, ["00-welcome"], tmp_path / "made")
    made = files(tmp_path / "made/00-welcome")
    assert made["00-welcome.ipynb"] != files(ROOT / "exercises/00-welcome")["00-welcome.ipynb"]


def test_the_version_follows_what_learners_get(course: Path) -> None:
    folder = course / "solutions/00-welcome"
    first = stamp(folder)
    assert stamp(folder) == first
    edit(folder / "checks/stream_arn.py", "hints=(", "hints=('Another hint.', ")
    assert stamp(folder) != first


def test_releasing_what_is_not_there(grader: Grader) -> None:
    done = grader("release", "99-nothing")
    assert done.returncode == 2
    assert "02-shards" in done.stderr


TWINS = [pair for pair in pairs(ROOT) if "solutions" in pair[0].parts]


@pytest.mark.parametrize(("text", "notebook"), TWINS, ids=[text.stem for text, _ in TWINS])
def test_text_twins_are_in_step(text: Path, notebook: Path, tmp_path: Path) -> None:
    assert differing(text, notebook) is None
    changed = tmp_path / text.name
    changed.write_text(text.read_text().replace("Read", "Reed", 1))
    assert "differs" in str(differing(changed, notebook))


def test_checks_that_cannot_be_read_are_named(course: Path, grader: Grader) -> None:
    (course / "solutions/00-welcome/checks/__init__.py").write_text("TASKS = [1]")
    done = grader("lint", "00-welcome")
    assert done.returncode == 2
    assert "TASKS" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_engine_imports_nothing_heavy() -> None:
    """nbgrader, nbconvert and SQLAlchemy cost 4 s at import."""
    code = (
        "import sys, grader.classroom.autograde, grader.cli, grader.authoring.lint\n"
        "print([m for m in ('nbgrader', 'nbconvert', 'sqlalchemy', 'IPython') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_lint_says_when_it_cannot_grade(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lab that ends in the middle is a sentence, not a traceback."""

    def failing(_request: object, _show: object) -> Graded:
        line = {"student": "solution", "status": "error", "warnings": ["The lab went away."], "tasks": []}
        return Graded([line], [])

    monkeypatch.setattr("grader.authoring.lint_answers.autograde", failing)
    with pytest.raises(AuthoringError, match="solution could not be graded: The lab went away"):
        lint(course, "00-welcome", only=frozenset({"graded"}))
