"""Runs in the lab from end to end: a function that works on AWS, graded, and checked in the notebook."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from grader.walls import sandbox
from grader.walls.gate import Gate, Refusal
from lab.aws.instance import Instance, private_lab
from tests.conftest import STATE
from tests.grader.conftest import Grader

pytestmark = pytest.mark.xdist_group("runs")

CHECKS = """
from grader.tasks.scenarios import StreamState
from grader.tasks.declaration import Criterion, Misconception, Runs, Task

SERVICES = ("kinesis",)
TASKS = [
    Task(
        id="keep", title="Keep records longer", function="keep", read="the lesson", hints=("a", "b"),
        parts=(Criterion("state", 2, "must raise the retention"),
               Criterion("repeatable", 1, "must change nothing the second time")),
        runs=Runs((StreamState({"retention_hours": 48}, arguments={"hours": 48}),),
                  lambda rng: (lambda h: StreamState({"retention_hours": h}, arguments={"hours": h}))(
                      rng.randint(49, 90)), hidden_count=1),
    )
]
"""

RIGHT = """
def keep(stream_name, stream_arn, hours):
    has = kinesis.describe_stream_summary(StreamName=stream_name)["StreamDescriptionSummary"]
    if has["RetentionPeriodHours"] < hours:
        kinesis.increase_stream_retention_period(StreamName=stream_name, RetentionPeriodHours=hours)
"""
ONLY_48 = RIGHT.replace("< hours", "< 48").replace("=hours", "=48")
AFTERWARDS = """
import threading, time

def keep(stream_name, stream_arn, hours):
    def later():
        for _ in range(60):
            time.sleep(0.01)
            try:
                kinesis.increase_stream_retention_period(StreamName=stream_name, RetentionPeriodHours=hours)
            except Exception:
                pass
    threading.Thread(target=later, daemon=True).start()
"""
DEADLY = """
def keep(stream_name, stream_arn, hours):
    import os
    os._exit(3)
"""


def cell(source: str, grade_id: str, **flags: Any) -> dict[str, Any]:
    nbgrader = {"schema_version": 3, "task": False, "grade": False, "solution": False, "locked": False}
    metadata = {"nbgrader": {**nbgrader, "grade_id": grade_id, **flags}}
    return {"cell_type": "code", "id": grade_id, "metadata": metadata, "source": source, "outputs": [],
            "execution_count": None}  # fmt: skip


def notebook(answer: str) -> str:
    cells = [
        cell(
            "import boto3\n\nfrom grader import check\n\nkinesis = boto3.client('kinesis')",
            "setup",
            locked=True,
        ),
        cell(answer, "keep_answer", solution=True),
        cell('check("keep")', "keep", grade=True, points=3, locked=True),
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture(scope="module")
def lab() -> Iterator[Instance]:
    with private_lab() as instance:
        yield instance


@pytest.fixture
def root(tmp_path: Path, lab: Instance, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAB_STATE", str(lab.state))
    for folder in ("solutions/90-lab", "exercises/90-lab"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "solutions/90-lab/checks.py").write_text(CHECKS)
    (tmp_path / "exercises/90-lab/90-lab.ipynb").write_text(
        notebook("def keep(stream_name, stream_arn, hours):\n    ...")
    )
    return tmp_path


def grade(root: Path, grader: Grader, answers: Mapping[str, str], **how: bool) -> dict[str, dict[str, Any]]:
    """The marks of the task by student."""
    for student, answer in answers.items():
        path = root / f"submitted/{student}/90-lab/90-lab.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(notebook(answer))
    done = grader("autograde", "90-lab", "--trust", cwd=root, **how)
    assert done.returncode == 0, done.stderr
    lines = map(json.loads, (root / ".grader/90-lab/results.jsonl").read_text().splitlines())
    return {line["student"]: line["tasks"][0] for line in lines}


def test_marks(root: Path, grader: Grader) -> None:
    stub = "def keep(stream_name, stream_arn, hours):\n    ..."
    answers = {
        "ada": RIGHT,
        "bob": ONLY_48,
        "cyd": DEADLY,
        "dan": stub,
        "eve": RIGHT.replace("hours)", "hour)"),
    }
    marks = grade(root, grader, answers)
    assert {name: (mark["points"], mark["outcome"]) for name, mark in marks.items()} == {
        "ada": (3, "passed"),
        "bob": (1, "partial"),
        "cyd": (0, "crashed"),
        "dan": (0, "not_attempted"),
        "eve": (0, "failed"),
    }
    assert marks["bob"]["visible_points"] == 3
    assert "hidden ones" in " ".join(marks["bob"]["reasons"])


@pytest.mark.skipif(sandbox.tier() == "none", reason="this machine gives no sandbox (grader doctor)")
def test_who_goes_on_after_the_answer_is_shut_out(root: Path, grader: Grader) -> None:
    """The control: the same thread, waited for inside the call, does mend the stream."""
    marks = grade(root, grader, {"mal": AFTERWARDS, "ned": AFTERWARDS.replace(".start()", ".run()")})
    assert marks["mal"]["points"] < 3
    assert "retention_hours is 24" in " ".join(marks["mal"]["reasons"])
    assert marks["ned"]["points"] == 3


def test_the_gate_waits_for_what_is_at_the_lab() -> None:
    gate = Gate("111122223333", frozenset({"kinesis"}))
    closed = threading.Event()
    with gate.passing():
        closing = threading.Thread(target=lambda: (gate.close(), closed.set()))
        closing.start()
        assert not closed.wait(0.1)
    closing.join()
    with pytest.raises(Refusal), gate.passing():
        pass
    gate.open()
    with gate.passing():
        assert gate.passing_now == 1


def checked(root: Path, answer: str, environment: Mapping[str, str]) -> str:
    """What `check` says in a notebook's folder, in a Python of its own."""
    folder = root / "exercises/90-lab"
    program = (
        "from pathlib import Path\n"
        "from grader.tasks.exercise import exercise_of, to_text\n"
        "from grader.engine.plan import load_tasks\n"
        f"tasks = load_tasks(Path({str(root / 'solutions/90-lab')!r}))\n"
        "Path('.checks.json').write_text(to_text(exercise_of('90-lab', tasks)))\n"
        f"import boto3\nkinesis = boto3.client('kinesis')\n{answer}\n"
        "from grader import check\nview = check('keep')\nprint(repr(view), view._repr_html_())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=dict(environment), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_check_in_the_notebook(root: Path, fresh_account: Mapping[str, str]) -> None:
    environment = {**fresh_account, "LAB_STATE": os.environ[STATE]}
    right = checked(root, RIGHT, environment)
    assert right.startswith("3 ")
    assert "All visible runs are right" in right
    wrong = checked(root, RIGHT.replace("=hours", "=hours + 1"), environment)
    assert wrong.startswith("1 ")
    assert "retention_hours is 49" in wrong


def test_without_a_lab_it_says_so(root: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "LAB_STATE": str(tmp_path / "no-lab"), "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
                   "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "0" * 12,
                   "AWS_SECRET_ACCESS_KEY": "x"}  # fmt: skip
    said = checked(root, RIGHT, environment)
    assert "The lab does not answer" in said
    assert "<code>lab up</code>" in said
