"""A course of its own on today's bank, and a clock that a test moves."""

import datetime
from pathlib import Path

import pytest

from grader.exams.practice import Practice

PROJECT = Path(__file__).resolve().parents[3]


class Clock:
    """A time that only a test moves, in seconds."""

    def __init__(self) -> None:
        self.time = datetime.datetime(2026, 11, 29, 12, tzinfo=datetime.UTC)

    def __call__(self) -> datetime.datetime:
        return self.time

    def forward(self, seconds: float) -> datetime.datetime:
        self.time += datetime.timedelta(seconds=seconds)
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "exercises").mkdir()
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "source").symlink_to(PROJECT / "course" / "source", target_is_directory=True)
    return tmp_path


@pytest.fixture
def practice(root: Path, clock: Clock) -> Practice:
    return Practice(root, clock)
