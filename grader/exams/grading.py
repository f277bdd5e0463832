"""The answers of a class, marked: files read as data, each by its token, late and double ones told.

A file of a learner is a stranger's: it is read up to a limit, and nothing of it is run or believed but what
its form allows. A learner's own times are told, and the time of the hand-in decides what is late.
"""

import datetime
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from grader.bank.items import Item
from grader.classroom.due import handed_in
from grader.exams import results
from grader.exams.class_exam import ClassExam
from grader.exams.draw import Question
from grader.exams.paper import KIND
from grader.exams.seal import is_proof, key_of
from grader.exams.sitting import Sitting, from_saved
from grader.plain_files import NotReadError, read_plain
from grader.whereabouts import identity, short

LARGEST: Final = 2**20
"""Bytes of an answers file; one of 40 items has about 4,000."""
MOST_FILES: Final = 10_000
SLACK: Final = 60
"""Seconds that a sitting may take longer by its own times before it is told."""


@dataclass(frozen=True)
class HandedIn:
    """An answers file with a good proof."""

    path: Path
    learner: str
    digest: str
    data: Mapping[str, Any]
    late: float
    warnings: tuple[str, ...]


class _Bad(Exception):  # noqa: N818 - a finding about a file
    """What is wrong with a hand-in, as the end of a sentence."""


def grade(
    exam: ClassExam,
    items: Mapping[str, Item],
    titles: Mapping[str, str],
    submitted: Path,
    expected: Sequence[str],
) -> list[dict[str, Any]]:
    """A line for each learner: a result with `status` graded, or what kept it from being one.

    `expected`: learners of whom a missing hand-in is told.
    """
    problems: dict[str, list[str]] = {}
    found: dict[str, list[HandedIn]] = {}
    for path in _files(submitted, exam.name):
        told_by = _told_by(path, submitted)
        try:
            one = _read(exam, path, told_by)
            found.setdefault(one.learner, []).append(one)
        except _Bad as bad:
            problems.setdefault(told_by or path.name, []).append(f"{short(path)} {bad}.")
    lines = [_of_learner(exam, items, titles, learner, files) for learner, files in sorted(found.items())]
    named = {line["learner"] for line in lines}
    lines += [
        _line(exam, name, "unreadable", words)
        for name, words in sorted(problems.items())
        if name not in named
    ]
    for line in lines:
        line["warnings"] = [
            *line["warnings"],
            *(problems.get(line["learner"], []) if line["learner"] in named else []),
        ]
    named |= set(problems)
    lines += [_line(exam, name, "missing", []) for name in sorted(set(expected) - named)]
    return [results.sealed(line) for line in sorted(lines, key=lambda line: str(line["learner"]))]


def _files(submitted: Path, name: str) -> list[Path]:
    """Every learner's folder as for assignments, and files that lie side by side."""
    patterns = (f"*/{name}/*.json", "*.answers.json")
    return sorted(path for pattern in patterns for path in submitted.glob(pattern))[:MOST_FILES]


def _told_by(path: Path, submitted: Path) -> str:
    """The learner whose folder it lies in, or ""."""
    parts = path.relative_to(submitted).parts
    return identity(parts[0]) if len(parts) > 1 else ""


def _read(exam: ClassExam, path: Path, told_by: str) -> HandedIn:
    try:
        content = read_plain(path, LARGEST)
        data = json.loads(content)
    except NotReadError as error:
        raise _Bad(str(error)) from None
    except (ValueError, RecursionError):
        raise _Bad("is no JSON") from None
    if not isinstance(data, dict) or data.get("kind") != KIND or data.get("exam") != exam.name:
        raise _Bad(f"holds no answers to {exam.name}")
    learner = data.get("learner")
    if not isinstance(learner, str) or learner not in exam.tokens:
        raise _Bad("names a learner for whom the exam was not opened")
    if not is_proof(data, key_of(exam.tokens[learner], f"{exam.name} {learner}")):
        raise _Bad(f"was not made with the token of {learner}, or was changed after it was handed over")
    if told_by and told_by != learner:
        raise _Bad(f"holds the answers of {learner}, in the folder of {told_by}")
    came = handed_in(path, path.parent if told_by else None)
    late = max(0.0, (came.when - datetime.datetime.fromisoformat(exam.closes)).total_seconds())
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return HandedIn(path, learner, digest, data, late, (came.way,) if late else ())


def _of_learner(
    exam: ClassExam,
    items: Mapping[str, Item],
    titles: Mapping[str, str],
    learner: str,
    files: Sequence[HandedIn],
) -> dict[str, Any]:
    if len({one.digest for one in files}) > 1:
        where = " and ".join(short(one.path) for one in files)
        return _line(exam, learner, "double", [f"Different answers were handed in by {where}. Keep one."])
    one = min(files, key=lambda file: file.late)
    questions = exam.questions(items, learner)
    try:
        sitting = _sitting(exam, one, questions)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        return _line(exam, learner, "unreadable", [f"{short(one.path)} breaks its form: {error}."])
    more = {
        "class_exam": exam.name,
        "status": "graded",
        "late_seconds": round(one.late, 3),
        "answers_sha256": one.digest,
        "warnings": [*one.warnings, *_times(exam, sitting)],
    }
    return results.result_of(sitting, questions, titles, learner, more)


def _sitting(exam: ClassExam, one: HandedIn, questions: Sequence[Question]) -> Sitting:
    shown = [question.shown(number) for number, question in enumerate(questions, start=1)]
    made = Sitting(
        exam=exam.like, title=exam.title, seed="", bank=exam.bank, minutes=exam.minutes, questions=shown,
        started=str(one.data["started"]), last=str(one.data["finished"]), deadline=exam.closes,
        finished=str(one.data["finished"]), used=float(one.data["used"]),
    )  # fmt: skip
    told = {key: one.data[key] for key in ("answers", "seconds", "flags")}
    return from_saved({**made.saved(), **told})


def _times(exam: ClassExam, sitting: Sitting) -> list[str]:
    """What its own times say against it. Raises ValueError or TypeError for times that are none."""
    started = datetime.datetime.fromisoformat(sitting.started)
    finished = datetime.datetime.fromisoformat(str(sitting.finished))
    told = []
    if started < datetime.datetime.fromisoformat(exam.opens):
        told.append("By its own times it was started before the exam opened.")
    if (finished - started).total_seconds() > exam.minutes * 60 + SLACK:
        told.append(f"By its own times it took longer than {exam.minutes} minutes.")
    return told


def _line(exam: ClassExam, learner: str, status: str, warnings: Sequence[str]) -> dict[str, Any]:
    """A line of a learner who has no result."""
    return {
        "schema": results.SCHEMA,
        "kind": "no exam result",
        "exam": exam.like,
        "class_exam": exam.name,
        "title": exam.title,
        "learner": learner,
        "status": status,
        "warnings": list(warnings),
    }
