"""A lesson's knowledge checks as a learner sees and answers them: `question("02-shards", "hot-key", "b")`.

An answer says at once whether it is right and why, and is kept beside the progress in the tasks.
"""

import contextlib
import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.notebook import progress_file
from grader.notebook.brackets import shows
from grader.notebook.views import Message
from grader.tasks.questions import FOLDER, LETTERS, Question, QuestionError, load_questions


@dataclass(frozen=True)
class Standing:
    """How many of a lesson's knowledge checks there are, were answered, and were answered rightly."""

    asked: int
    answered: int
    right: int

    def __str__(self) -> str:
        if not self.answered:
            return f"none of {self.asked} answered"
        return f"{self.answered} of {self.asked} answered, {self.right} right"


@dataclass(frozen=True)
class Answered:
    """A question with the options open that were chosen, and the verdict above it."""

    question: Question
    chosen: Collection[str]
    standing: str

    @property
    def verdict(self) -> str:
        right = right_letters(self.question)
        if set(self.chosen) == right:
            return "✔ Right."
        if set(self.chosen) < right:
            return "◐ What you chose is right, and more belongs to it."
        return "✘ Not right yet."

    def __repr__(self) -> str:
        return f"{self.verdict}\n{self.question!r}\n{self.standing}"

    def _repr_html_(self) -> str:
        said = f"<p><strong>{self.verdict}</strong> You chose {', '.join(sorted(self.chosen))}.</p>"
        return f"{said}{self.question.html(self.chosen)}<p><small>{self.standing}</small></p>"


@shows(lambda: 'question("02-shards", "hot-key", "b")')
def question(lesson: str = "", question_id: str = "", answer: object = None) -> Question | Answered | Message:
    """One knowledge check of a lesson; with an ANSWER, a letter or several, whether that is right."""
    lessons = sorted(path.stem for path in FOLDER.glob("*.toml"))
    if lesson not in lessons:
        return _none_such("lesson", lesson, lessons)
    asked_here = load_questions(FOLDER / f"{lesson}.toml")
    if question_id not in asked_here:
        return _none_such(f"knowledge check in lesson {lesson}", question_id, list(asked_here))
    asked = asked_here[question_id]
    if answer is None:
        return asked
    chosen = letters_of(answer)
    offered = LETTERS[: len(asked.options)]
    if not chosen or chosen - set(offered) or (len(chosen) > 1 and not asked.multiple):
        wanted = "Choose one or more of the letters" if asked.multiple else "Choose one of the letters"
        form = '"a, c"' if asked.multiple else '"a"'
        return Message(
            f"{wanted} {', '.join(offered[:-1])} and {offered[-1]}.",
            f'Write it in quotes: `question("{lesson}", "{question_id}", {form})`.',
        )
    with contextlib.suppress(OSError):  # a folder that cannot be written loses progress, not the verdict
        progress_file.record_answer(
            Path.cwd(), f"{lesson}/{question_id}", sorted(chosen), right=chosen == right_letters(asked)
        )
    return Answered(asked, chosen, f"Knowledge checks of lesson {lesson}: {_standing_here(lesson)}.")


def _none_such(what: str, name: object, known: list[str]) -> Message:
    """Words for a name that nothing has."""
    near = difflib.get_close_matches(name, known, 1) if isinstance(name, str) else []
    meant = f"Do you mean “{near[0]}”? " if near else ""
    return Message(f"There is no {what} {name!r}.", f"{meant}The names are: {', '.join(known)}.")


def letters_of(answer: object) -> set[str]:
    """The capital letters of "b", "b)", "a, c" or ["a", "c"]; nothing of what is no text."""
    items = answer.replace(",", " ").split() if isinstance(answer, str) else answer
    if not isinstance(items, list | tuple | set) or not all(isinstance(item, str) for item in items):
        return set()
    return {item.strip(" .:()").upper() for item in items}


def right_letters(asked: Question) -> set[str]:
    return {letter for letter, option in zip(LETTERS, asked.options, strict=False) if option.right}


def _standing_here(lesson: str) -> Standing:
    return _standing(FOLDER, lesson, progress_file.answered(Path.cwd()))


def standing(root: Path, lesson: str) -> Standing | None:
    """Of a lesson of the course in ROOT; None when it asks nothing."""
    try:
        return _standing(root / "course/source/questions", lesson, progress_file.answered(root))
    except QuestionError:
        return None


def _standing(folder: Path, lesson: str, kept: Mapping[str, Mapping[str, Any]]) -> Standing:
    """Only questions that the lesson still has are counted."""
    asked = load_questions(folder / f"{lesson}.toml")
    entries = [kept[key] for id_ in asked if (key := f"{lesson}/{id_}") in kept]
    return Standing(len(asked), len(entries), sum(bool(entry.get("right")) for entry in entries))
