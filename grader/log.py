"""The truth of a grading run: an append-only log, one line a task, on disk before the next begins.

`kill -9` at any moment and run again: what is in the log is not done again, a torn last line is dropped.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from grader.marking import TaskMark


def task_key(
    submission: str, exercise: str, checks: str, sandbox: str, seed: str, learner: str, task: str
) -> str:
    """What a mark depends on; the same key means the same mark."""
    parts = "\0".join((submission, exercise, checks, sandbox, seed, learner, task))
    return hashlib.sha256(parts.encode()).hexdigest()


class Log:
    """`.grader/<assignment>/log.jsonl`, read once, then appended to."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.marks: dict[str, dict[str, Any]] = {}
        self._read()

    def _read(self) -> None:
        if not self.path.exists():
            return
        raw = self.path.read_bytes()
        whole = raw[: raw.rfind(b"\n") + 1]
        if len(whole) < len(raw):
            os.truncate(self.path, len(whole))
        for line in whole.splitlines():
            entry = json.loads(line)
            self.marks[entry["key"]] = entry

    def append(self, keys: Sequence[str], learner: str, marks: Sequence[TaskMark], seconds: float) -> None:
        """Add a submission's marks and wait until they are on disk. Raises OSError when they cannot be."""
        entries: list[dict[str, Any]] = [
            {"key": key, "student": learner, "seconds": round(seconds, 3), "mark": asdict(mark)}
            for key, mark in zip(keys, marks, strict=True)
        ]
        lines = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
        with self.path.open("ab") as file:
            file.write(lines.encode())
            file.flush()
            os.fsync(file.fileno())
        self.marks.update({str(entry["key"]): entry for entry in entries})

    def find(self, keys: Sequence[str]) -> list[Mapping[str, Any]] | None:
        """The logged marks of a submission, or None when one of them is not there yet."""
        if all(key in self.marks for key in keys):
            return [self.marks[key] for key in keys]
        return None
