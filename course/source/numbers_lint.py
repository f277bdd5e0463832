"""Numbers with units that a lesson, its questions or its prompts state, and that no fact of the lesson has.

A lesson names its facts in course.toml (`facts`). Numbers that are no fact about AWS, such as those of an example's
workload, stand in own_numbers.toml with the reason.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import jupytext

from course.source.facts import SOURCE
from course.source.prose import blocks
from grader.bank.numbers import unused, without_a_fact

SOLUTIONS: Final = SOURCE.parents[1] / "solutions"
__all__ = ["of_lesson", "own_numbers", "unused", "without_a_fact"]


def of_lesson(name: str, source: Path = SOURCE) -> Iterator[tuple[str, str]]:
    """Where a text of the lesson stands, and the text: its prose, its questions, its assignment's prompts."""
    for block in blocks(jupytext.read(source / "text" / f"{name}.py")):
        yield "lesson", block.text
    for question in tomllib.loads(
        (source / "questions" / f"{name}.toml").read_text(encoding="utf-8")
    )["question"]:
        texts = [
            question["text"],
            *(o[key] for o in question["options"] for key in ("text", "why")),
        ]
        yield from ((f"question {question['id']}", text) for text in texts)
    for block in blocks(jupytext.read(SOLUTIONS / name / f"{name}.py")):
        yield "prompt", block.text


def own_numbers(path: Path = SOURCE / "own_numbers.toml") -> dict[str, list[str]]:
    """For each lesson the quantities that are its own. Raises KeyError for an entry without a reason."""
    own: dict[str, list[str]] = {}
    for entry in tomllib.loads(path.read_text(encoding="utf-8"))["own"]:
        if not entry["why"].strip():
            raise KeyError("why")
        own.setdefault(entry["lesson"], []).extend(entry["numbers"])
    return own
