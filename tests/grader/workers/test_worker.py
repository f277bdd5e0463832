"""A worker process that can't begin says why."""

from pathlib import Path

import pytest

from grader.engine.plan import Plans
from grader.workers.jobs import Setup
from grader.workers.pool import Worker, WorkerEnded
from tests.grader.small_course import NAME, make

FULL = """
from grader.workers.grading import Grading

def full(self, setup):
    raise OSError(28, "No space left on device")

Grading.__init__ = full
"""


def test_what_the_machine_refuses_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path / "course")
    (tmp_path / "sitecustomize.py").write_text(FULL)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    worker = Worker(Setup.of(tmp_path / "course", bytes(32), Plans(tmp_path / "course", NAME)))
    try:
        assert worker.heard() is None  # where its scratch folder is
        with pytest.raises(WorkerEnded, match=r"can't begin: .* No space left"):
            worker.heard()
    finally:
        worker.end()
