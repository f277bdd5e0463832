"""The truth of a grading run: an append-only log, one line a task, on disk before the next is written.

`kill -9` at any moment and run again: what is in the log is not done again. A line that was torn by the end
of its writer, or damaged by a disk, is not a mark: it is left out, and that task is graded again.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


def task_key(
    submission: str, exercise: str, checks: str, sandbox: str, seed: str, learner: str, task: str
) -> str:
    """What a mark depends on; the same key means the same mark."""
    parts = "\0".join((submission, exercise, checks, sandbox, seed, learner, task))
    return hashlib.sha256(parts.encode()).hexdigest()


@dataclass(frozen=True)
class Reading:
    """What was found when a submission was read: with it, its bytes need no second look."""

    carried: str | None
    """The version of the exercise that it names."""
    warnings: tuple[str, ...]


class Log:
    """`.grader/<assignment>/log.jsonl`, read once, then appended to. One process writes it at a time."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.damaged = 0
        """Lines that were left out."""
        self._lines: dict[str, bytes] = {}
        self._readings: dict[tuple[str, str], Reading] = {}
        self._read()

    def _read(self) -> None:
        if not self.path.exists():
            return
        raw = self.path.read_bytes()
        whole = raw[: raw.rfind(b"\n") + 1]
        if len(whole) < len(raw):
            os.truncate(self.path, len(whole))
        for line in whole.splitlines():
            try:
                self._keep(line)
            except (ValueError, KeyError, TypeError):
                self.damaged += 1

    def _keep(self, line: bytes) -> None:
        entry = json.loads(line)
        read = Reading(entry["carried"], tuple(entry["warnings"]))
        self._readings[(entry["student"], entry["submission"])] = read
        self._lines[entry["key"]] = line

    def append(
        self,
        student: str,
        submission: str,
        reading: Reading,
        marks: Iterable[tuple[str, Mapping[str, Any]]],
        seconds: float,
    ) -> None:
        """Add a submission's marks by their keys, and wait until they are on disk.

        Raises OSError when they cannot be; then none of them is there.
        """
        common = {
            "student": student,
            "submission": submission,
            "carried": reading.carried,
            "warnings": reading.warnings,
            "seconds": round(seconds, 3),
        }
        lines = {key: json.dumps({"key": key, **common, "mark": mark}).encode() for key, mark in marks}
        with self.path.open("ab", buffering=0) as file:
            before, left = file.tell(), b"".join(line + b"\n" for line in lines.values())
            try:
                while left:
                    left = left[file.write(left) :]
                os.fsync(file.fileno())
            except OSError:
                file.truncate(before)
                raise
        self._lines |= lines
        self._readings[(student, submission)] = reading

    def reading(self, student: str, submission: str) -> Reading | None:
        """What is known of these bytes (by their SHA-256) from this student."""
        return self._readings.get((student, submission))

    def find(self, keys: Sequence[str]) -> list[dict[str, Any] | None]:
        """The logged entry for each key, or None where there is none."""
        return [json.loads(self._lines[key]) if key in self._lines else None for key in keys]
