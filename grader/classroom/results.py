"""Results: one line a submission, in the form of `results.schema.json`, rewritten from the log by rename."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.walls import sandbox
from lab.machine.whole_files import write_whole

SCHEMA = 1
SCHEMA_FILE = Path(__file__).with_name("results.schema.json")


def line(
    student: str,
    assignment: str,
    status: str,
    max_score: int,
    tasks: Sequence[Mapping[str, Any]] = (),
    warnings: Sequence[str] = (),
    versions: Mapping[str, str | None] | None = None,
    seconds: float = 0.0,
    late_seconds: float | None = None,
) -> dict[str, Any]:
    """One submission's line. `late_seconds` is null where no due time is known, or nothing was graded."""
    versions = versions or {}
    return {
        "schema": SCHEMA,
        "student": student,
        "assignment": assignment,
        "exercise_version": versions.get("exercise"),
        "checks_version": versions.get("checks"),
        "submission_sha256": versions.get("submission"),
        "seed_digest": versions.get("seed"),
        "sandbox": sandbox.tier(),
        "status": status,
        "score": sum(task["points"] for task in tasks),
        "max_score": max_score,
        "late_seconds": late_seconds,
        "tasks": [dict(task) for task in tasks],
        "warnings": list(warnings),
        "seconds": round(seconds, 3),
    }


def write(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    ordered = sorted(lines, key=lambda entry: str(entry["student"]))
    text = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in ordered)
    # Half of a surrogate pair, which a learner's text may hold, is escaped as JSON has it.
    write_whole(path, text.encode("utf-8", "backslashreplace"))


def read(path: Path) -> list[dict[str, Any]]:
    """Raises OSError, or ValueError when a line is not a result."""
    # Not splitlines: a learner's words may hold other characters that it takes for the end of a line.
    return [json.loads(text) for text in path.read_text(encoding="utf-8").split("\n") if text]
