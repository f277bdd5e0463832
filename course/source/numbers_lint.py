"""Numbers with units that a lesson, its questions or its prompts state, and that no fact of the lesson has.

A lesson names its facts in course.toml (`facts`). Numbers that are no fact about AWS, such as those of an example's
workload, stand in own_numbers.toml with the reason.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import jupytext

from course.source.facts import SOURCE, Fact
from course.source.prose import CODE, FENCED, blocks
from course.source.quantities import Quantity, found

SOLUTIONS: Final = SOURCE.parents[1] / "solutions"
MARKED: Final = re.compile(r"[*`]")


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


def stated(text: str) -> Iterator[Quantity]:
    """The quantities of a text, code left out."""
    return found(MARKED.sub("", CODE.sub("code", FENCED.sub("", text))))


def without_a_fact(
    texts: Iterable[tuple[str, str]],
    facts: Mapping[str, Fact],
    ids: Iterable[str],
    own: Iterable[str],
) -> list[str]:
    """What stands in the texts and is neither of these facts nor among the own numbers; says where, and which
    facts would have it."""
    known = [quantity for one in ids for quantity in facts[one].quantities]
    known += [quantity for text in own for quantity in found(text)]
    wrong = []
    for where, text in texts:
        for quantity in stated(text):
            if any(quantity.same(one) for one in known):
                continue
            have = [
                fact.id
                for fact in facts.values()
                if any(quantity.same(one) for one in fact.quantities)
            ]
            told = f"facts that have it: {', '.join(have)}" if have else "no fact has it"
            wrong.append(f"{where} says {quantity.words}; {told}")
    return wrong


def unused(texts: Iterable[tuple[str, str]], own: Iterable[str]) -> list[str]:
    """Own numbers that nothing states any more."""
    there: list[Any] = [quantity for _, text in texts for quantity in stated(text)]
    return [text for text in own if not all(any(q.same(one) for one in there) for q in found(text))]
