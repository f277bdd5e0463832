"""A large notebook is read by a process with limits, and comes out as it would here."""

import json
import os
from pathlib import Path

import pytest

from grader.engine import reading
from grader.engine.plan import Plans
from grader.engine.submission import Unreadable
from tests.grader import small_course


@pytest.fixture
def plans(tmp_path: Path) -> Plans:
    small_course.make(tmp_path)
    return Plans(tmp_path, small_course.NAME)


def large(text: str) -> bytes:
    """With a plot's worth of outputs."""
    notebook = json.loads(text)
    notebook["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * 400_000}]
    return json.dumps(notebook).encode()


@pytest.mark.parametrize(
    "answer", ["def two(n):\n    return 2 * n + 1", "def two(n):\n    ...", "x = 1", "%run h.py"]
)
def test_it_makes_no_difference(plans: Plans, answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = small_course.notebook({**small_course.RIGHT, "two": answer, "one": "def one(n): pass\ndel one"})
    raw = large(text)
    carried, plan, found = reading.read(raw, "n.ipynb", plans)
    monkeypatch.setattr(reading, "SMALL", 2**30)
    _, _, plain = reading.read(raw, "n.ipynb", plans)
    assert (carried, plan) == ("v1", plans.current)
    assert (found.cells, found.checked, found.sha256) == (plain.cells, plain.checked, plain.sha256)
    for task in plan.exercise.tasks:
        assert found.attempted(task) == plain.attempted(task)
        assert found.later_cell(task) == plain.later_cell(task)
    assert found.attempts, "the control: it was read elsewhere"
    assert not plain.attempts


def test_what_takes_too_much_is_that_submission_s(plans: Plans, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = large(small_course.notebook(small_course.RIGHT))
    with pytest.raises(Unreadable, match="is empty"):
        reading.read(b" " * (reading.SMALL + 1), "n.ipynb", plans)
    for harm in (
        lambda *_: bytearray(3 * 2**30),
        lambda *_: os._exit(3),
        lambda *_: os.kill(os.getpid(), 9),
    ):
        monkeypatch.setattr(reading, "read_submission", harm)
        with pytest.raises(Unreadable, match="more than 1024 MiB"):
            reading.read(raw, "n.ipynb", plans)
    monkeypatch.setattr(reading, "read_submission", lambda *_: 1 / 0)
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        reading.read(raw, "n.ipynb", plans)
    monkeypatch.undo()
    assert reading.read(raw, "n.ipynb", plans)[0] == "v1", "the control"
