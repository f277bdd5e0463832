"""`progress()` in a lesson and `grader progress`: the way through the course, and how far one is on it."""

import json
import shutil
import tomllib
from pathlib import Path

import pytest

from grader.notebook.calls import check, progress
from grader.notebook.overview import onward, overview
from grader.tasks.exercise import load
from tests.grader.conftest import ROOT, Grader

_INDEX = tomllib.loads((ROOT / "course/source/course.toml").read_text(encoding="utf-8"))
READY = {lesson["name"]: lesson["title"] for lesson in _INDEX["lesson"] if lesson["status"] == "ready"}
LAST = [*READY][-1]
MINUTES = {lesson["name"]: lesson.get("minutes") for lesson in _INDEX["lesson"]}


@pytest.fixture
def whole(course: Path) -> Path:
    """The copied course with the index of its lessons."""
    (course / "course" / "source").mkdir(parents=True)
    shutil.copy2(ROOT / "course/source/course.toml", course / "course" / "source")
    return course


def passed(course: Path, *tasks: str) -> None:
    entry = {"attempts": 1, "visible_points": 1, "max_points": 1, "outcome": "passed"}
    (course / ".grader").mkdir(exist_ok=True)
    text = json.dumps({"tasks": dict.fromkeys(tasks, entry)})
    (course / ".grader/progress.json").write_text(text)


def test_before_the_first_task(whole: Path) -> None:
    said = repr(overview(whole))
    assert f"○ 02-shards: {MINUTES['02-shards']} minutes; 6 tasks, none tried yet" in said
    assert said.endswith("Next: 00-welcome.")


def test_on_the_way(whole: Path) -> None:
    tasks = [task.id for task in load(whole / "exercises/00-welcome").tasks]
    passed(whole, *(f"00-welcome/{task}" for task in tasks), "02-shards/split_point")
    said = repr(overview(whole))
    assert "✔ 00-welcome" in said
    assert f"◐ 02-shards: {MINUTES['02-shards']} minutes; 1 of 6 tasks passed" in said
    assert "Next: 00-welcome" not in said


def test_at_the_end(whole: Path) -> None:
    every = [
        f"{folder.name}/{task.id}"
        for folder in (whole / "exercises").iterdir()
        if folder.is_dir()
        for task in load(folder).tasks
    ]
    passed(whole, *every)
    assert "You have passed every task" in repr(overview(whole))


def test_after_the_last_task_somebody_says_what_comes_next(
    whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = [task.id for task in load(whole / "exercises/02-shards").tasks]
    passed(whole, *(f"02-shards/{task}" for task in tasks if task != "split_point"))
    monkeypatch.chdir(whole / "exercises/02-shards")
    assert "grader mark" not in repr(progress()), "the control: one task is left"
    source = next((ROOT / "solutions/02-shards/right/split_point").glob("*.py")).read_text()
    namespace: dict[str, object] = {}
    exec(source, namespace)
    monkeypatch.setattr("grader.notebook.calls._namespace", lambda: namespace)
    for said in (check("split_point")._repr_html_(), progress()._repr_html_()):
        assert "<code>grader mark 02-shards</code>" in said
        follows = [*READY][[*READY].index("02-shards") + 1]
        link = f'lesson <a href="../../course/{follows}.ipynb">{follows[:2]} {READY[follows]}'
        assert link in said


def test_after_the_last_lesson_too(whole: Path) -> None:
    assert "last lesson that is ready" in onward(whole, LAST)
    assert onward(None, LAST).endswith("tries hidden cases too."), "a release without lessons"


def test_in_a_lesson_and_in_a_terminal(whole: Path, grader: Grader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(whole / "course")
    assert repr(progress()) == repr(overview(whole))
    assert 'href="02-shards.ipynb"' in progress()._repr_html_()
    assert grader("progress").stdout.strip() == repr(overview(whole))


def test_a_damaged_index_is_said_in_words(whole: Path, grader: Grader) -> None:
    (whole / "course/source/course.toml").write_text("[[lesson")
    done = grader("progress")
    assert done.returncode == 1
    assert "course.toml" in done.stderr
    assert "Traceback" not in done.stderr
