"""A course in a folder of its own: the real assignments, copied, so that tests may damage them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from grader.authoring.compose import compose, hand_in

ROOT = Path(__file__).resolve().parents[2]
SECRET = "a seed for the tests: long enough\n"

Grader = Callable[..., "subprocess.CompletedProcess[str]"]
Submit = Callable[..., Path]


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A copy of the course's assignments, with a seed file in it."""
    root = tmp_path / "course"
    ignore = shutil.ignore_patterns("__pycache__", ".ruff_cache")
    for name in ("solutions", "exercises"):
        shutil.copytree(ROOT / name, root / name, ignore=ignore)
    shutil.copy2(ROOT / "nbgrader_config.py", root)
    (root / "seed").write_text(SECRET)
    (root / "seed").chmod(0o600)
    return root


@pytest.fixture
def submit(course: Path) -> Submit:
    """Hand in a notebook of 02-shards with the given answers; other tasks solved, or left as stubs."""

    def made(student: str, answers: Mapping[str, str] | None = None, *, solved: bool = False) -> Path:
        source = course / "solutions/02-shards/02-shards.ipynb"
        return hand_in(
            course / "submitted", student, "02-shards", compose(source, answers or {}, solved=solved)
        )

    return made


@pytest.fixture
def grader(course: Path) -> Grader:
    """The command `grader`, run in the course's folder.

    One worker grades, unless a test says how many: to start another costs more than a test's few hand-ins.
    """

    def run(
        *arguments: str, cwd: Path | None = None, sandbox: bool = True, seconds: float = 120
    ) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "grader.cli", *arguments]
        if "autograde" in arguments and "--workers" not in arguments:
            command += ["--workers", "1"]
        environment = {**os.environ, "GRADER_SANDBOX": "on" if sandbox else "off"}
        return subprocess.run(
            command,
            cwd=cwd or course,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
        )

    return run
