"""Learners' questions about marks, and the answers: `.grader/<assignment>/asked.jsonl`, only appended to.

A question is about one task of one learner. It stands on the learner's feedback page, and beside the mark on
the page of `grader review`, and so does its answer.
"""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from grader.whereabouts import STATE, CallError

LONGEST = 5_000
"""Characters of a question or an answer."""


def place(root: Path, assignment: str) -> Path:
    """Where they are kept."""
    return root / STATE / assignment / "asked.jsonl"


def read(path: Path) -> dict[tuple[str, str], list[dict[str, str]]]:
    """Questions by student and task: `question`, `answer` ("" for none yet). Raises OSError."""
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    for text in path.read_text(encoding="utf-8").split("\n") if path.is_file() else ():
        try:
            entry = json.loads(text)
            of_task = found.setdefault((entry["student"], entry["task"]), [])
            if entry["kind"] == "question":
                of_task.append({"question": entry["text"], "answer": ""})
            elif of_task:
                of_task[-1]["answer"] = entry["text"]
        except (ValueError, KeyError, TypeError):
            continue  # a line that was torn
    return found


def ask(path: Path, student: str, task: str, text: str) -> None:
    """Keep a question. Raises CallError for a text that is none."""
    _append(path, student, task, "question", text)


def answer(path: Path, student: str, task: str, text: str) -> None:
    """Keep the answer to the last question about this mark; a later answer stands for an earlier one.

    Raises CallError where nothing was asked.
    """
    if not read(path).get((student, task)):
        raise CallError(f"{student} has asked nothing about {task}.")
    _append(path, student, task, "answer", text)


def _append(path: Path, student: str, task: str, kind: str, text: str) -> None:
    if not 0 < len(text.strip()) <= LONGEST:
        raise CallError(f"A {kind} is a text of 1 to {LONGEST} characters.")
    entry: Mapping[str, Any] = {
        "student": student, "task": task, "kind": kind, "text": text.strip(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    # A line break first: what an end of the machine tore stays a line of its own.
    line = ("\n" if path.is_file() else "") + json.dumps(entry, ensure_ascii=False)
    with path.open("a", encoding="utf-8") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
