"""A learner's own commands, from one's own notebook in exercises/."""

import json
import os
import pty
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from grader.authoring.compose import compose
from grader.classroom.due import parse_timestamp
from grader.walls import sandbox
from tests.grader.conftest import Grader


@pytest.fixture
def worked(course: Path) -> Path:
    """The learner's notebook, with everything answered."""
    path = course / "exercises/02-shards/02-shards.ipynb"
    path.with_suffix(".before").write_bytes(path.read_bytes())
    path.write_text(compose(course / "solutions/02-shards/02-shards.ipynb", {}, solved=True))
    return path


def test_the_name_is_kept(grader: Grader) -> None:
    assert grader("whoami").stdout.strip() == "self"
    assert grader("whoami", "Ada Lovelace").stdout.startswith("Ada Lovelace (was: self).")
    assert grader("whoami", "").returncode == 2
    assert grader("whoami").stdout.strip() == "Ada Lovelace"
    assert grader("whoami", "Grace", "Hopper").stdout.startswith("Grace Hopper (was: Ada Lovelace).")


def test_alone_it_lists_its_commands(grader: Grader) -> None:
    done = grader()
    assert (done.returncode, done.stderr) == (0, "")
    for command in ("mark", "submit", "whoami", "reset", "autograde"):
        assert f"\n    {command} " in done.stdout


def test_a_unique_beginning_is_enough(worked: Path, grader: Grader) -> None:
    done = grader("reset", "02/split", "--saved")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("split_point is back to the stub.")
    done = grader("mark", "02")
    assert done.returncode == 0, done.stderr
    assert "split_point: 0 of 3 (not attempted)" in done.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("mark", "0"), "'0' begins several names: 00-welcome, 01-producers"),
        (("mark", "02-shard5"), "no exercise '02-shard5' here. Do you mean 02-shards? There is: 00-welcome"),
        (("mark", "nothing"), "no exercise 'nothing' here. There is: 00-welcome"),
        (
            ("reset", "02-shards"),
            "Name a task too, like 02-shards/required_shards. The tasks: required_shards,",
        ),
        (("reset", "02"), "Name a task too, like 02-shards/required_shards."),
        (("reset", "02-shards/split_pont"), "Do you mean split_point? Its tasks: required_shards,"),
        (("reset", "split_point"), "It is a task of 02-shards: grader reset 02-shards/split_point"),
    ],
)
def test_a_name_that_is_not_whole_or_not_there(
    worked: Path, grader: Grader, words: tuple[str, ...], says: str
) -> None:
    before = worked.read_bytes()
    done = grader(*words)
    assert done.returncode == 2
    assert says in done.stderr
    assert worked.read_bytes() == before


def test_mark_tries_hidden_cases_too(course: Path, worked: Path, grader: Grader) -> None:
    done = grader("mark", "02-shards")
    assert "25 of 25 points" in done.stdout, done.stderr
    assert worked.read_text() == compose(course / "solutions/02-shards/02-shards.ipynb", {}, solved=True)


def test_mark_of_an_untouched_exercise(grader: Grader) -> None:
    done = grader("mark", "02-shards")
    assert "0 of 25 points" in done.stdout
    assert done.stdout.count("not attempted") == 6


def test_submit_writes_the_layout_that_autograde_reads(course: Path, worked: Path, grader: Grader) -> None:
    grader("whoami", "ada")
    assert grader("submit", "02-shards").returncode == 0
    assert (course / "submitted/ada/02-shards/02-shards.ipynb").read_bytes() == worked.read_bytes()
    stamp = course / "submitted/ada/02-shards/timestamp.txt"
    handed_in = parse_timestamp(stamp.read_text())
    assert handed_in is not None
    assert abs((datetime.now(UTC) - handed_in).total_seconds()) < 600
    assert grader("submit", "02-shards").returncode == 0
    assert parse_timestamp(stamp.read_text()) == handed_in, "the same work keeps its first time"
    done = grader("autograde", "02-shards", "--trust", "--seed", "seed")
    assert "1 student: 1 graded" in done.stdout
    assert "ada · 02-shards · 25 of 25" in grader("show", "02-shards").stdout


def test_submit_makes_one_zip(course: Path, worked: Path, grader: Grader) -> None:
    grader("whoami", "ada")
    grader("submit", "02-shards", "--zip", "--to", "out")
    with zipfile.ZipFile(course / "out/ada-02-shards.zip") as archive:
        assert archive.namelist() == ["ada/02-shards/02-shards.ipynb"]
        assert archive.read("ada/02-shards/02-shards.ipynb") == worked.read_bytes()
    heavy = json.loads(worked.read_text())
    heavy["cells"][2]["cell_type"] = "code"
    heavy["cells"][2]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "a line\n" * 200_000}]
    worked.write_text(json.dumps(heavy))
    done = grader("submit", "02-shards", "--zip", "--to", "out")
    assert "Your earlier hand-in is kept: out/ada-02-shards.zip" in done.stdout
    assert (course / "out/ada-02-shards (1).zip").stat().st_size < 100_000
    grader("submit", "02-shards", "--zip", "--to", "out")
    assert len(list((course / "out").iterdir())) == 2, "the same work makes no further hand-in"


def test_submit_says_what_mark_would_say(course: Path, worked: Path, grader: Grader) -> None:
    grader("whoami", "ada")
    notebook = json.loads(worked.read_text())
    stubs = worked.with_suffix(".before").read_text()
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "split_point_answer":
            (worked.parent / "helpers.py").write_text("".join(cell["source"]))
            cell["source"] = "from helpers import split_point"
    worked.write_text(json.dumps(notebook))
    done = grader("submit", "02-shards")
    assert "With it goes: helpers.py" in done.stdout
    assert "25 of 25 points" in done.stdout, done.stdout + done.stderr
    worked.write_text(stubs)
    tried = {"tasks": {"02-shards/split_point": {"attempts": 1, "visible_points": 3, "outcome": "passed"}}}
    (course / ".grader/progress.json").write_text(json.dumps(tried))
    done = grader("submit", "02-shards")
    assert "split_point was better when you last checked it. Is the notebook saved" in done.stdout
    assert "There is no answer in it." in done.stdout
    assert "Your earlier hand-in is kept: submitted/ada/02-shards/earlier/1" in done.stdout
    grader("submit", "02-shards")
    kept = course / "submitted/ada/02-shards/earlier"
    assert sorted(p.name for p in kept.rglob("*") if p.is_file()) == [
        "02-shards.ipynb", "helpers.py", "timestamp.txt",
    ]  # fmt: skip
    worked.write_text(stubs[:5000])
    done = grader("submit", "02-shards")
    assert done.returncode == 1
    assert "is not whole: its JSON breaks off" in done.stdout
    assert "cannot be graded as it is" in done.stderr


def test_what_a_hand_in_brings_along_is_there_in_the_sandbox(
    course: Path, worked: Path, grader: Grader
) -> None:
    grader("whoami", "ada")
    notebook = json.loads(worked.read_text())
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "split_point_answer":
            (worked.parent / "helpers.py").write_text("".join(cell["source"]))
            cell["source"] = "from helpers import split_point"
    worked.write_text(json.dumps(notebook))
    (worked.parent / "not-a-module.py").write_text("x")
    grader("submit", "02-shards", "--zip")
    done = grader(
        "autograde", "02-shards", "--seed", "seed", *([] if sandbox.tier() == "full" else ["--trust"])
    )
    assert done.returncode == 0, done.stderr
    assert "25 of 25" in grader("show", "02-shards").stdout
    grader("feedback", "02-shards")
    assert "# helpers.py" in (course / "feedback/ada/02-shards.html").read_text(), "who grades sees it too"


def test_reset_sets_one_task_back_and_keeps_the_rest(course: Path, worked: Path, grader: Grader) -> None:
    before = worked.read_bytes()
    done = grader("reset", "02-shards/split_point", "--saved")
    assert done.returncode == 0, done.stderr
    assert (worked.parent / "backups/02-shards.1.ipynb").read_bytes() == before
    marked = grader("mark", "02-shards").stdout
    assert "22 of 25 points" in marked
    assert "split_point: 0 of 3 (not attempted)" in marked


def test_reset_waits_until_the_notebook_is_saved(course: Path, worked: Path, grader: Grader) -> None:
    """At a terminal it waits for a key; what is saved meanwhile stays."""
    refused = grader("reset", "02-shards/split_point")
    assert refused.returncode == 2
    assert "Save it there first" in refused.stderr
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "grader.cli", "reset", "02-shards/split_point"]
    running = subprocess.Popen(
        command, cwd=course, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    assert "Save it there first" in running.stdout.readline()
    notebook = json.loads(worked.read_text())
    notebook["cells"].append(
        {"cell_type": "markdown", "id": "own", "metadata": {}, "source": "saved at last"}
    )
    worked.write_text(json.dumps(notebook))
    os.write(ours, b"\n")
    said, complained = running.communicate(timeout=60)
    os.close(theirs)
    os.close(ours)
    assert (running.returncode, "back to the stub" in said) == (0, True), complained
    assert "saved at last" in worked.read_text()


def test_reset_of_an_unknown_task_changes_nothing(worked: Path, grader: Grader) -> None:
    before = worked.read_bytes()
    assert grader("reset", "02-shards/nothing").returncode == 2
    assert worked.read_bytes() == before


def test_numbers_solved_without_a_name_are_explained(
    course: Path, grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = course / "solutions/02-shards/02-shards.ipynb"
    solved = json.loads(compose(source, {}, solved=True))
    answer = next(s for c in solved["cells"] if "def required_shards" in (s := "".join(c["source"])))
    monkeypatch.chdir(course / "exercises/02-shards")
    fixed = f"{answer}\nmy_shards = {_own_number(answer)}"
    notebook = course / "exercises/02-shards/02-shards.ipynb"
    notebook.write_text(compose(source, {"required_shards": fixed}, solved=True))
    assert "required_shards: 5 of 5" in grader("mark", "02-shards").stdout
    told = False
    for name in ("ada", "bob", "eve"):
        grader("whoami", name)
        shown = grader("mark", "02-shards").stdout
        told |= "required_shards: 4 of 5" in shown and "grader whoami NAME" in shown
    assert told


def _own_number(answer: str) -> int:
    """What the solution gives for the numbers of a learner without a name."""
    namespace: dict[str, Any] = {}
    exec(f"from grader import variant\n{answer}", namespace)
    return int(namespace["my_shards"])


def test_nobody_hands_in_without_a_name(course: Path, worked: Path, grader: Grader) -> None:
    done = grader("submit", "02-shards")
    assert done.returncode == 2
    assert "grader whoami NAME" in done.stderr
    assert not (course / "submitted").exists()


def test_mark_wonders_when_a_task_was_right_before(course: Path, worked: Path, grader: Grader) -> None:
    tried = {"tasks": {"02-shards/split_point": {"attempts": 1, "visible_points": 3, "outcome": "passed"}}}
    (course / ".grader").mkdir(exist_ok=True)
    (course / ".grader/progress.json").write_text(json.dumps(tried))
    assert "is the notebook saved" not in grader("mark", "02-shards").stdout.lower()
    grader("reset", "02-shards/split_point", "--saved")
    assert "split_point was better when you last checked" in grader("mark", "02-shards").stdout


def test_mark_plays_the_runs_of_what_was_written_in_place(course: Path, grader: Grader) -> None:
    """A learner works in exercises/ itself: what is untouched is told by the source, not by that notebook."""
    path = course / "exercises/08-kcl/08-kcl.ipynb"
    right = (course / "solutions/08-kcl/right/record_processor/while_loop.py").read_text()
    notebook = json.loads(path.read_text())
    cell = next(
        c
        for c in notebook["cells"]
        if c["metadata"].get("nbgrader", {}).get("grade_id") == "record_processor_answer"
    )
    assert "record_processor: 0 of 10 (not attempted)" in grader("mark", "08-kcl").stdout
    cell["source"] = right
    path.write_text(json.dumps(notebook))
    assert "record_processor: 10 of 10 (passed)" in grader("mark", "08-kcl").stdout


def test_mark_leaves_a_text_that_was_written_in_place_to_a_person(course: Path) -> None:
    from grader.engine.plan import load_plan
    from grader.engine.submission import parse_notebook, read_submission

    path = course / "exercises/05-capacity-modes/05-capacity-modes.ipynb"
    before, after = (
        path.read_bytes(),
        path.read_bytes().replace(b"YOUR ANSWER HERE", b"On-demand, since nobody knows the traffic."),
    )
    assert before != after
    path.write_bytes(after)
    plan = load_plan(course, "05-capacity-modes")
    (text,) = [task for task in plan.exercise.tasks if task.by_hand]
    for raw, attempted in ((before, False), (after, True)):
        notebook = parse_notebook(raw, path.name)
        assert read_submission(raw, notebook, plan.release, plan.exercise.tasks).attempted(text) is attempted


WORDS = "On-demand Standard, since nobody knows how much traffic there will be."


def elsewhere(kind: str) -> Callable[[list[dict[str, Any]], dict[str, Any]], None]:
    """Puts a text into another place than the cell that is meant for it."""
    new = {"cell_type": "markdown", "metadata": {}, "source": WORDS}
    code = {**new, "cell_type": "code", "outputs": [], "execution_count": None}

    def put(cells: list[dict[str, Any]], answer: dict[str, Any]) -> None:
        place = cells.index(answer)
        if kind == "a cell beside it":
            cells.insert(place + 1, new)
        elif kind == "the first of two copies":
            cells.insert(place, {**answer, "source": WORDS})
        elif kind == "a cell for code":
            cells.insert(place + 1, code)
        elif kind == "comments in a cell for code":
            cells.insert(place + 1, {**code, "source": "# " + WORDS})
        elif kind == "a photo":
            answer["attachments"] = {"page.png": {"image/png": "iVBORw0KGgo="}}
        elif kind == "a trial in a cell for code":
            cells.insert(place + 1, {**code, "source": "print(3 + 4, 'is what it comes to')"})

    return put


@pytest.mark.parametrize(
    ("kind", "attempted"),
    [
        ("a cell beside it", True),
        ("the first of two copies", True),
        ("a cell for code", True),
        ("comments in a cell for code", True),
        ("a photo", True),
        ("a trial in a cell for code", False),
        ("nowhere", False),
    ],
)
def test_a_text_in_another_place_is_read_by_a_person(course: Path, kind: str, attempted: bool) -> None:
    from grader.engine.plan import load_plan
    from grader.engine.submission import parse_notebook, read_submission
    from grader.reports.graded import graded_copy

    path = course / "exercises/05-capacity-modes/05-capacity-modes.ipynb"
    released = course / "released.ipynb"
    released.write_bytes(path.read_bytes())
    notebook = json.loads(path.read_text())
    plan = load_plan(course, "05-capacity-modes")
    (text,) = [task for task in plan.exercise.tasks if task.by_hand]
    (answer,) = [c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == text.id]
    elsewhere(kind)(notebook["cells"], answer)
    raw = json.dumps(notebook).encode()
    path.write_bytes(raw)
    read = read_submission(raw, parse_notebook(raw, path.name), plan.release, plan.exercise.tasks)
    assert read.attempted(text) is attempted
    copied = graded_copy(released, path, {"tasks": []})
    assert (WORDS in copied or "iVBORw0KGgo=" in copied) is attempted
