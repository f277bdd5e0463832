"""Learners' questions about marks, and the answers: `.grader/<assignment>/asked.jsonl`, only appended to.

A question is about one task of one learner. It stands on the learner's feedback page, and beside the mark on
the page of `grader review`, and so does its answer. A learner writes it into a file (`grader ask`), which the
instructor takes in (`grader question --from`); what such a file says is a stranger's word.
"""

import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from grader.plain_files import NotReadError, read_plain
from grader.whereabouts import STATE, CallError
from lab.machine.whole_files import write_whole

LONGEST = 5_000
"""Characters of a question or an answer."""
KIND = "question about a mark"
LARGEST = 100_000
"""Bytes of a file with a question."""


@dataclass(frozen=True)
class Sent:
    """A learner's question, as the file has it."""

    student: str
    assignment: str
    task: str
    question: str


def write_question(folder: Path, sent: Sent) -> Path:
    """Write a new file into FOLDER; its path. Raises CallError for a text that is none, and OSError."""
    question = _checked("question", sent.question)
    content = {"kind": KIND, **asdict(sent), "question": question, "written": _now()}
    stem, number = f"{sent.assignment}.{sent.task}.{sent.student}", 1
    path = folder / f"{stem}.json"
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.json"
    write_whole(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    return path


def read_question(path: Path) -> Sent:
    """Raises CallError with a sentence for a file that holds none."""
    try:
        found = json.loads(read_plain(path, LARGEST))
        if found["kind"] != KIND:
            raise ValueError(KIND)
        texts = [found[name] for name in ("student", "assignment", "task", "question")]
    except (NotReadError, OSError, ValueError, KeyError, TypeError, RecursionError):
        raise CallError(f"{path} is no question that `grader ask` wrote.") from None
    if not all(isinstance(text, str) for text in texts):
        raise CallError(f"{path} is no question that `grader ask` wrote.")
    student, assignment, task, question = texts
    return Sent(student, assignment, task, _checked("question", question))


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
    said = _checked(kind, text)
    entry = {"student": student, "task": task, "kind": kind, "text": said, "at": _now()}
    path.parent.mkdir(parents=True, exist_ok=True)
    # A line break first: what an end of the machine tore stays a line of its own.
    line = ("\n" if path.is_file() else "") + json.dumps(entry, ensure_ascii=False)
    with path.open("a", encoding="utf-8") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def _checked(kind: str, text: str) -> str:
    """The text without blanks at its ends. Raises CallError for one that is too short or too long."""
    if not 0 < len(text.strip()) <= LONGEST:
        raise CallError(f"A{'n' * (kind == 'answer')} {kind} is a text of 1 to {LONGEST} characters.")
    return text.strip()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
