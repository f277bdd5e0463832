"""The way through the course and how far a learner is on it: lessons, minutes, checks, tasks."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from grader.notebook import progress_file
from grader.notebook.knowledge_checks import Standing, standing
from grader.notebook.own_text import waiting
from grader.notebook.views import box
from grader.tasks.exercise import load


@dataclass(frozen=True)
class Stop:
    """A lesson that is ready; `tasks` is 0 where it has no assignment here."""

    name: str
    title: str
    minutes: int
    passed: int
    tasks: int
    tried: int
    checks: Standing | None = None
    """The lesson's knowledge checks."""
    waiting: int = 0
    """Tasks with a text that a person is to read."""

    @property
    def mark(self) -> str:
        if self.tasks and self.passed + self.waiting == self.tasks:
            return "✔"
        return "◐" if self.tried or self.waiting else "○"

    @property
    def state(self) -> str:
        if not self.tasks:
            return "no assignment"
        if not self.tried and not self.waiting:
            return f"{self.tasks} tasks, none tried yet"
        texts = (
            f"; {self.waiting} {'waits' if self.waiting == 1 else 'wait'} to be read" if self.waiting else ""
        )
        return f"{self.passed} of {self.tasks} tasks passed on the visible cases{texts}"


@dataclass(frozen=True)
class Overview:
    """All that is ready, in its order."""

    stops: tuple[Stop, ...]

    @property
    def next_text(self) -> str:
        """The first lesson whose assignment is not passed."""
        ahead = [stop for stop in self.stops if stop.tasks > stop.passed + stop.waiting]
        if not ahead:
            return (
                "You have passed every task on the visible cases. `grader mark NAME` tries the hidden ones."
            )
        return f"Next: {ahead[0].name}."

    def __repr__(self) -> str:
        rows = [
            f"{stop.mark} {stop.name}: {stop.minutes} minutes; {stop.state}"
            + (f"; knowledge checks: {stop.checks}" if stop.checks else "")
            for stop in self.stops
        ]
        return "\n".join([*rows, self.next_text.replace("`", "")])

    def _repr_html_(self) -> str:
        head = "".join(
            f'<th scope="col" style="text-align: left">{word}</th>'
            for word in ("", "Lesson", "Minutes", "Knowledge checks", "Assignment")
        )
        rows = "".join(
            "<tr>" + "".join(f'<td style="text-align: left">{cell}</td>' for cell in _cells(stop)) + "</tr>"
            for stop in self.stops
        )
        body = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        return box("#0072B2", "Your way through the course", f"{body}<p>{escape(self.next_text)}</p>")


def _cells(stop: Stop) -> tuple[str, ...]:
    number, title = stop.name[:2], escape(f"{stop.name[:2]} {stop.title}")
    lesson = f'<a href="{escape(stop.name)}.ipynb">{title}</a>'
    there = f'<a href="../exercises/{escape(stop.name)}/{escape(stop.name)}.ipynb">{number}</a>: '
    checks = str(stop.checks or "")
    return stop.mark, lesson, str(stop.minutes), checks, (there if stop.tasks else "") + escape(stop.state)


def overview(root: Path) -> Overview:
    """Of the course in ROOT. Raises OSError, or ValueError when its index, or an exercise, is damaged."""
    text = (root / "course" / "source" / "course.toml").read_text(encoding="utf-8")
    index = tomllib.loads(text)["lesson"]
    tried = progress_file.load(root)
    return Overview(tuple(_stop(root, one, tried) for one in index if one["status"] == "ready"))


def onward(root: Path | None, name: str) -> str:
    """What to do once the exercise NAME is passed: the full marking, then the next lesson.

    Raises OSError, or ValueError when the course's index is damaged.
    """
    marking = "Every task here is passed, as far as a check can tell. In a terminal, "
    marking += f"`grader mark {name}` tries hidden cases too."
    index = root / "course" / "source" / "course.toml" if root else None
    if index is None or not index.is_file():
        return marking
    lessons = tomllib.loads(index.read_text(encoding="utf-8"))["lesson"]
    later = [one for one in lessons if one["status"] == "ready" and one["name"] > name]
    if not later:
        return f"{marking} This was the last lesson that is ready."
    following = later[0]
    title = f"{following['name'][:2]} {following['title']}"
    return f"{marking} Then go on with lesson [{title}](../../course/{following['name']}.ipynb)."


def _stop(root: Path, lesson: Mapping[str, Any], tried: Mapping[str, Mapping[str, Any]]) -> Stop:
    name, checks = lesson["name"], standing(root, lesson["name"])
    folder = root / "exercises" / name
    try:
        exercise = load(folder)
    except FileNotFoundError:
        return Stop(name, lesson["title"], lesson["minutes"], 0, 0, 0, checks)
    kept = [tried[key] for task in exercise.tasks if (key := f"{name}/{task.id}") in tried]
    passed = sum(progress_file.best(entry) == "passed" for entry in kept)
    texts, tasks = len(waiting(folder, exercise)), len(exercise.tasks)
    return Stop(name, lesson["title"], lesson["minutes"], passed, tasks, len(kept), checks, texts)
