"""What a results line and an exam's result become in a certificate: points, and what makes them checkable."""

import hashlib
import importlib.metadata
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.certificates.document import EXAM, Graded, Skill

FACTS = {
    "exercise_version": "exercise version",
    "checks_version": "checks version",
    "submission_sha256": "hand-in SHA-256",
    "seed_digest": "seed digest",
    "sandbox": "sandbox",
}
"""Fields of a results line, and what a certificate calls them."""
LINE = "results line SHA-256"
VARYING = ("seconds",)
"""What differs when the same hand-in is graded again."""


def line_digest(line: Mapping[str, Any]) -> str:
    """SHA-256 of a results line: JSON with sorted keys and no blanks, without the time that grading took."""
    kept = {name: value for name, value in line.items() if name not in VARYING}
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def of_line(line: Mapping[str, Any], required: float | None = None) -> Graded:
    facts = [(words, str(line[name])) for name, words in FACTS.items() if line[name] is not None]
    facts += [(LINE, line_digest(line)), ("hidden cases", "used")]
    return Graded(line["assignment"], line["score"], line["max_score"], required, tuple(facts))


def of_exam(result: Mapping[str, Any], required: float | None = None) -> Graded:
    facts = {
        "exam": result["exam"],
        "mode": result["mode"],
        "taken": str(result["finished"])[:10],
        "seed": result["seed"],
        "bank": result["bank"],
        "pass line": f"{result['pass_line']:g}",
        "result": result["digest"],
    }
    facts |= {"class exam": result.get("class_exam"), "answers": result.get("answers_sha256")}
    known = tuple((name, str(value)) for name, value in facts.items() if value)
    return Graded(EXAM, result["points"], result["max_points"], required, known)


def course_version() -> str:
    try:
        return importlib.metadata.version("kinesis-course")
    except importlib.metadata.PackageNotFoundError:
        return "not known"


def skills_of(root: Path, assignments: Iterable[str]) -> tuple[Skill, ...]:
    """The skills of AWS exams that these lessons serve, by `course/source/exams.toml`; none without it."""
    path = root / "course" / "source" / "exams.toml"
    if not path.is_file():
        return ()
    exams = tomllib.loads(path.read_text(encoding="utf-8"))
    named = [exams["lessons"].get(name, {}) for name in assignments]
    return tuple(
        Skill(exam, number, about)
        for exam, skills in exams["skills"].items()
        for number, about in skills.items()
        if any(number in codes.get(exam, ()) for codes in named)
    )


def compared(parts: Sequence[Graded], lines: Iterable[Mapping[str, Any]]) -> list[tuple[bool, str]]:
    """Each graded hand-in beside the results here that are of the same bytes: does it agree, and in what
    not?"""
    here = {line["submission_sha256"]: line for line in lines if line["submission_sha256"]}
    found = []
    for part in parts:
        if part.name == EXAM:
            continue
        line = here.get(part.fact("hand-in SHA-256"))
        if line is None or line["assignment"] != part.name:
            found.append((False, f"Again: {part.name}: this hand-in was not graded here."))
            continue
        other = [
            words
            for name, words in FACTS.items()
            if words != "hand-in SHA-256" and str(line[name]) != part.fact(words)
        ]
        if (line["score"], line["max_score"]) != (part.points, part.most):
            points = f"{line['score']:g} of {line['max_score']:g}"
            found.append((False, f"Again: {part.name}: the same hand-in has {points} points here."))
        elif part.fact(LINE) == line_digest(line):
            found.append((True, f"Again: {part.name}: graded here, the same in everything."))
        else:
            known = f" ({', '.join(other)})" if other else ""
            found.append(
                (True, f"Again: {part.name}: graded here, the same points; other circumstances{known}.")
            )
    return found
