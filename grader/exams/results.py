"""The result of an exam: a file that people and programs read, with a digest of itself.

docs/taking-exams.md tells the form. AWS's scale of 100 to 1,000 is in no result: it can't be computed
(`NO_SCALE` says why).
"""

import datetime
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from grader.exams.draw import Question
from grader.exams.sitting import Sitting
from lab.machine.whole_files import write_whole

SCHEMA: Final = 1
FOLDER: Final = "exam-results"
LARGEST: Final = 2**20
"""Bytes of a result that is read; one of 40 items has about 10,000."""
NO_SCALE: Final = (
    "AWS reports a number from 100 to 1,000. It can't be worked out from points: AWS sets each form's pass "
    "point by its own judges, equates forms of different difficulty, and doesn't count 15 of 65 questions. "
    "It publishes none of these numbers. So you see points."
)
PASS_LINE: Final = (
    "Our pass line is set by the Angoff method: for each item its author estimates the share of candidates, "
    "just good enough to pass, who get it right. The sum of these estimates is the line. They are our "
    "estimates, not AWS's."
)


class ResultError(ValueError):
    """A file that holds no result, or one that was changed; says which."""


def result_of(
    sitting: Sitting,
    questions: Sequence[Question],
    titles: Mapping[str, str],
    learner: str,
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The result of a finished sitting. `titles`: those of the domains; a domain without one is a lesson.

    `more`: what else is said of a class's hand-in.
    """
    items = [_item(number, question, sitting) for number, question in enumerate(questions, start=1)]
    points = sum(item["points"] for item in items)
    line = round(sum(item["angoff"] for item in items), 2)
    result: dict[str, Any] = {
        "schema": SCHEMA,
        "kind": "exam result",
        "exam": sitting.exam,
        "title": sitting.title,
        "mode": "practice" if sitting.deadline is None else "class",
        "learner": learner,
        "bank": sitting.bank,
        "seed": sitting.seed,
        "started": sitting.started,
        "finished": sitting.finished,
        "minutes": sitting.minutes,
        "seconds": round(sitting.used),
        "points": points,
        "max_points": len(items),
        "pass_line": line,
        "passed": points >= line,
        "domains": _shares(items, "domain", titles),
        "lessons": _shares(items, "lesson", {}),
        "items": items,
        **(more or {}),
    }
    return sealed(result)


def _item(number: int, question: Question, sitting: Sitting) -> dict[str, Any]:
    answer = sitting.answers.get(number)
    return {
        "item": question.item.id,
        "version": question.item.version,
        "kind": question.item.kind,
        "lesson": question.item.lesson,
        "domain": question.domain,
        "angoff": question.item.angoff,
        "points": int(question.is_right(answer)),
        "chosen": None if answer is None else chosen(question, answer),
        "seconds": round(sitting.seconds.get(number, 0)),
        "flagged": number in sitting.flags,
    }


def chosen(question: Question, answer: Sequence[int | None]) -> list[int | None]:
    """An answer by indexes in the item's own data, so that sittings with other orders can be compared."""
    indexes = [None if place is None else question.order[place] for place in answer]
    return sorted(indexes, key=lambda i: i or 0) if question.item.options else indexes


def _shares(items: Iterable[Mapping[str, Any]], key: str, titles: Mapping[str, str]) -> list[dict[str, Any]]:
    names = sorted({item[key] for item in items})
    return [
        {
            "id": name,
            "title": titles.get(name, name),
            "points": sum(item["points"] for item in items if item[key] == name),
            "max_points": sum(item[key] == name for item in items),
        }
        for name in names
    ]


def sealed(result: Mapping[str, Any]) -> dict[str, Any]:
    """With its digest: a change by accident is seen. It is no signature; anybody can work it out again."""
    return {**result, "digest": digest(result)}


def digest(result: Mapping[str, Any]) -> str:
    """SHA-256 of all members but `digest`: JSON in UTF-8, sorted keys, no blanks."""
    body = {key: value for key, value in result.items() if key != "digest"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def file_name(result: Mapping[str, Any]) -> str:
    """`course-2026-11-29-1405-abcdefgh.json`, by the minute of its start in UTC; the same for the same
    sitting."""
    started = datetime.datetime.fromisoformat(result["started"]).astimezone(datetime.UTC)
    return f"{result['exam']}-{started:%Y-%m-%d-%H%M}-{result['seed']}.json"


def write(root: Path, result: Mapping[str, Any]) -> Path:
    """Write it into the course's folder of results; written again it replaces itself."""
    path = root / FOLDER / file_name(result)
    write_whole(path, json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    return path


def read(path: Path) -> dict[str, Any]:
    """A result that is as it was written. Raises ResultError."""
    try:
        content = path.read_bytes()
        result = json.loads(content) if len(content) <= LARGEST else None
    except (OSError, ValueError) as error:
        raise ResultError(f"{path.name} can't be read as a result: {error}.") from None
    if not isinstance(result, dict) or result.get("kind") != "exam result":
        raise ResultError(f"{path.name} holds no result of an exam.")
    if result.get("schema") != SCHEMA:
        raise ResultError(f"{path.name} has form {result.get('schema')!r}; this course reads {SCHEMA}.")
    if result.get("digest") != digest(result):
        raise ResultError(f"{path.name} was changed after it was written: its digest does not fit.")
    return result


def read_all(root: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """All results of the course's folder, the oldest first, and a sentence for each file that is none."""
    found, faults = [], []
    for path in sorted((root / FOLDER).glob("*.json")):
        try:
            found.append(read(path))
        except ResultError as error:
            faults.append(str(error))
    return sorted(found, key=lambda result: str(result["finished"])), faults
