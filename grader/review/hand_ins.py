"""What learners handed in for a task that a person marks: the answer, and all that lies beside it, as data.

Nothing of it is trusted: a page shows texts as texts, and of pictures only those that are pictures by their
kind. Answers with the same words, for the same numbers, are one group: they are read and graded once.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from grader.engine import kept
from grader.engine.handed import read_handed
from grader.engine.plan import Plan
from grader.engine.submission import Unreadable
from grader.reports.graded import own_code, own_texts
from grader.reports.printable import printable
from grader.source import cell_source, grade_id, parse_notebook, read_notebook, solution_of
from grader.tasks.declaration import FreeText, Task
from grader.tasks.exercise import variant_index

PICTURES: Final = ("image/png", "image/jpeg", "image/gif", "image/webp")
LARGEST_PICTURE: Final = 4_000_000
"""Characters of a picture in base64."""
LONGEST: Final = 50_000
"""Characters of an answer that are shown."""
ALIKE: Final = 0.6
"""Share of common words from which an answer is said to be much like the one before it."""

Line = Mapping[str, Any]


@dataclass(frozen=True)
class Piece:
    """One learner's answer to one task."""

    student: str
    task: str
    text: str
    further: tuple[str, ...] = ()
    """Texts of the learner's own beside the answer."""
    pictures: tuple[str, ...] = ()
    """As addresses that hold the data."""
    givens: Mapping[str, Any] = field(default_factory=dict)
    """The learner's own numbers that the task is about."""
    right: Mapping[str, Any] = field(default_factory=dict)
    """What is right for them."""
    reasons: tuple[str, ...] = ()
    """What the checks said, of a task that they judge."""

    @property
    def words(self) -> frozenset[str]:
        return frozenset(re.findall(r"\w+", self.text.casefold()))

    @property
    def same(self) -> str:
        """Equal for answers that one reading is enough for."""
        words = re.findall(r"\w+", self.text.casefold())
        return json.dumps([words, self.givens, self.further, self.pictures], sort_keys=True, default=str)


@dataclass(frozen=True)
class Question:
    """A task as whoever marks it needs it."""

    task: Task
    prompt: str
    """Markdown, the course's own."""
    guide: str
    """What the source says of a good answer."""
    by_a_person: bool

    @property
    def rubric(self) -> list[tuple[float, str]]:
        """Points and words of each item."""
        texts = [part for part in self.task.parts if isinstance(part, FreeText)]
        items = [(item.points, item.says) for part in texts for item in part.rubric]
        return items or [(float(part.points), part.says) for part in self.task.parts]


def questions(root: Path, plan: Plan) -> dict[str, Question]:
    """All tasks of the assignment by id. Raises OSError or ValueError for a damaged source."""
    path = root / "solutions" / plan.assignment / f"{plan.assignment}.ipynb"
    prompts, guides = _prompts(read_notebook(path)["cells"])
    return {
        task.id: Question(
            task,
            prompts.get(task.id, task.title),
            guides.get(task.id, ""),
            any(isinstance(part, FreeText) for part in task.parts),
        )
        for task in plan.tasks
    }


def _prompts(cells: Sequence[Mapping[str, Any]]) -> tuple[dict[str, str], dict[str, str]]:
    """The text above each answer, and what stands in the source's answer cell of a text, by task."""
    prompts: dict[str, str] = {}
    guides: dict[str, str] = {}
    above: list[str] = []
    for cell in cells:
        name = (grade_id(cell) or "").removesuffix("_answer")
        if cell["cell_type"] == "markdown" and not name:
            above.append(cell_source(cell))
            continue
        if name and name not in prompts and above:
            prompts[name] = above[-1]
        if name and cell["cell_type"] == "markdown":
            guides[name] = solution_of(cell_source(cell)).strip()
        above = []
    return prompts, guides


def pieces(
    root: Path, plan: Plan, lines: Sequence[Line], submitted: Path, tasks: Mapping[str, Question]
) -> tuple[list[Piece], list[str]]:
    """What was handed in for these TASKS, and the learners whose notebook is not the one that was graded."""
    found: list[Piece] = []
    unread: list[str] = []
    for line in lines:
        if line["status"] != "graded":
            continue
        try:
            found += _pieces(root, plan, line, submitted, tasks)
        except (OSError, ValueError, RecursionError, Unreadable):
            unread.append(str(line["student"]))
    return found, unread


def _pieces(
    root: Path, plan: Plan, line: Line, submitted: Path, tasks: Mapping[str, Question]
) -> Iterator[Piece]:
    """Raises ValueError when the hand-in has changed since it was graded."""
    student = str(line["student"])
    handed = read_handed(submitted / student / plan.assignment, plan.assignment)
    if handed.digest != line["submission_sha256"]:
        raise ValueError("changed since it was graded")
    notebook = parse_notebook(handed.notebook)
    released = read_notebook(_release(root, plan, line["exercise_version"]))
    code = own_code(released, notebook, handed.modules)
    beside = own_texts(released, notebook)
    answers = {text.strip() for text in code.answers.values()}  # each is shown with its own task
    for mark in line["tasks"]:
        question = tasks.get(mark["id"])
        if question is None or mark["outcome"] == "not_attempted":
            continue
        text = code.answers.get(f"{mark['id']}_answer", code.answers.get(mark["id"], ""))
        others = [cell_source(cell) for cell in beside] if question.by_a_person else []
        givens, right = _numbers(question.task, plan, student)
        yield Piece(
            student,
            str(mark["id"]),
            printable(text)[:LONGEST],
            tuple(printable(one)[:LONGEST] for one in others if one.strip() not in answers),
            tuple(_pictures(beside)) if question.by_a_person else (),
            givens,
            right,
            tuple(printable(str(reason)) for reason in mark["reasons"]),
        )


def _release(root: Path, plan: Plan, version: str | None) -> Path:
    """The notebook that a hand-in was made from, where it is kept; else the one that is handed out now."""
    if version and version.isalnum() and version != plan.release.version:
        path = kept.place(root, version) / f"{plan.assignment}.ipynb"
        if path.is_file():
            return path
    return root / "exercises" / plan.assignment / f"{plan.assignment}.ipynb"


def _numbers(task: Task, plan: Plan, student: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The learner's own givens that a text is about, and what is right for them."""
    for part in task.parts:
        if isinstance(part, FreeText) and part.about is not None:
            of_task = next(one for one in plan.exercise.tasks if one.id == part.about)
            values = [one for one in of_task.parts if hasattr(one, "givens")]
            givens = dict(values[0].givens[variant_index(student, of_task.id)])
            return givens, dict(part.right(**givens)) if part.right is not None else {}
    return {}, {}


def _pictures(cells: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is attached to text cells and is a picture, as a page may show it."""
    for cell in cells:
        attached = cell.get("attachments")
        for kinds in attached.values() if isinstance(attached, dict) else ():
            for kind, data in kinds.items() if isinstance(kinds, dict) else ():
                text = "".join(data) if isinstance(data, list) else str(data)
                plain = re.sub(r"\s", "", text)
                if kind in PICTURES and len(plain) <= LARGEST_PICTURE and re.fullmatch(r"[\w+/=]+", plain):
                    yield f"data:{kind};base64,{plain}"


def groups(found: Sequence[Piece]) -> list[list[Piece]]:
    """Answers to one task, those with the same words together, and beside each group the one most like it."""
    by_words: dict[str, list[Piece]] = {}
    for piece in found:
        by_words.setdefault(piece.same, []).append(piece)
    left = sorted(by_words.values(), key=lambda group: (-len(group), -len(group[0].text), group[0].student))
    ordered: list[list[Piece]] = []
    while left:
        words = ordered[-1][0].words if ordered else frozenset[str]()
        likes = [likeness(words, group[0].words) for group in left]
        ordered.append(left.pop(likes.index(max(likes)) if max(likes) >= ALIKE else 0))
    return ordered


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """The share of words in common, 0 to 1 (Jaccard's index)."""
    either = len(one | other)
    return len(one & other) / either if either else 0.0
