"""A class over several releases: which checks grade which hand-in, what is told, which points count."""

import json
from pathlib import Path

import pytest

from grader.classroom.told import changes
from tests.grader.conftest import Grader
from tests.grader.made_results import line, task
from tests.grader.small_course import CHECKS, NAME, RIGHT, hand_in, make, notebook, results

WRONG_CHECK = CHECKS.replace("def one(n):\n    return twice(n)", "def one(n):\n    return 3 * n")
FOUR = """
def four(n):
    return n
TASKS.append(Task(id="four", title="Four", function="four", read="here", hints=("a", "b"),
                  oracle=four, parts=parts(3)))
"""


def release(root: Path, version: str, checks: str, *more: str) -> None:
    """A release as `grader release` leaves it, without nbgrader: source, exercise and checks of VERSION."""
    stubs = {name: f"def {name}(n):\n    ..." for name in (*RIGHT, *more)}
    for folder in ("solutions", "exercises"):
        (root / folder / NAME / f"{NAME}.ipynb").write_text(notebook(stubs, version))
    (root / "solutions" / NAME / "checks.py").write_text(checks)


def test_a_corrected_check_stays_corrected_when_the_next_release_comes(
    tmp_path: Path, grader: Grader
) -> None:
    make(tmp_path)

    def grade(*more: str) -> str:
        done = grader("autograde", NAME, "--trust", "--seed", "seed", *more, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def score() -> tuple[float, float]:
        return results(tmp_path)["ada"]["score"], results(tmp_path)["ada"]["max_score"]

    release(tmp_path, "v1", WRONG_CHECK)
    hand_in(tmp_path, "ada")
    told = grade()
    assert score() == (6, 7)
    assert "1 hand-in of the current release v1, by today's checks (" in told
    assert "changed since" not in told
    (tmp_path / "solutions" / NAME / "checks.py").write_text(CHECKS)
    told = grade()
    assert score() == (7, 7)
    assert "1 mark changed since the last run:\n  ada: 6 → 7: one 0 → 1 (other checks)" in told

    release(tmp_path, "v2", CHECKS + FOUR, "four")  # a task comes in mid-course
    told = grade()
    assert score() == (7, 7), "neither the old check comes back, nor is the new task asked"
    assert "1 hand-in of the earlier release v1, by the checks it was last graded with (" in told
    assert "changed since" not in told

    (tmp_path / "solutions" / NAME / "checks.py").write_text(WRONG_CHECK + FOUR)
    told = grade()
    assert score() == (7, 7)
    assert "For today's checks: --checks today." in told
    told = grade("--checks", "today")
    assert score() == (6, 7), "today's checks of its own tasks, and its own points"
    assert "by today's checks of the tasks that it has" in told
    assert "ada: 7 → 6: one 1 → 0 (other checks)" in told
    assert "ada: 6 → 7" in grade(), "no mark goes back in silence"
    (tmp_path / "due.toml").write_text('checks = "today"')
    grade()
    assert score() == (6, 7)
    (tmp_path / "due.toml").write_text('checks = "yesterday"')
    done = grader("autograde", NAME, "--trust", "--seed", "seed", cwd=tmp_path)
    assert (done.returncode, 'checks is "release" or "today"' in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (line("ada", [task("a", 1, 2), task("b", 2, 2)]), []),
        (line("ada", [task("a", 2, 2), task("b", 2, 2)]), ["ada: 3 → 4: a 1 → 2"]),
        (line("ada", [task("a", 1, 2)], submission_sha256="x"), ["ada: 3 → 1: b 2 → – (another hand-in)"]),
        (line("ada", status="unreadable"), ["ada: 3 → unreadable: a 1 → –, b 2 → –"]),
        (line("bob", [task("a", 1, 2)]), []),
    ],
)
def test_marks_that_changed(after: dict[str, object], words: list[str]) -> None:
    assert changes([line("ada", [task("a", 1, 2), task("b", 2, 2)])], [after]) == words


def test_one_s_own_mark_keeps_no_checks(tmp_path: Path, grader: Grader) -> None:
    """`grader mark` is a learner's: it writes nothing that a later grading of a class would rest on."""
    make(tmp_path)
    release(tmp_path, "v1", CHECKS)
    assert grader("mark", NAME, cwd=tmp_path).returncode == 0
    assert not (tmp_path / ".grader" / "releases").exists()
    hand_in(tmp_path, "ada")
    grader("autograde", NAME, "--trust", "--seed", "seed", cwd=tmp_path)
    kept = json.loads((tmp_path / ".grader" / "releases" / "v1" / f"{NAME}.ipynb").read_text())
    assert kept["metadata"]["kinesis_course"]["version"] == "v1", "the control"
