"""Results as text for a terminal: a class in a line for each learner, or why each lost point was lost."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from grader.classroom.due import DISAGREE
from grader.notebook.views import MARKS
from grader.reports.printable import duration, printable
from grader.whereabouts import CallError

STATES = {"needs_manual": "waits to be read by a person"}


def chosen(lines: Sequence[Mapping[str, Any]], only: Sequence[str]) -> list[dict[str, Any]]:
    """The lines of those named in ONLY (STUDENT or STUDENT/TASK), with these tasks; all when it is empty.

    Raises CallError for a student or a task that is not there.
    """
    if not only:
        return [dict(line) for line in lines]
    by_student = {str(line["student"]): line for line in lines}
    wanted: dict[str, set[str]] = {}
    for choice in only:
        student, _, task = choice.partition("/")
        if student not in by_student:
            raise CallError(f"There are no results of {student!r} (--only {choice}).")
        known = {str(mark["id"]) for mark in by_student[student]["tasks"]}
        if task and task not in known:
            there = ", ".join(sorted(known)) or "none"
            raise CallError(
                f"{student}'s results have no task {task!r} (--only {choice}); they have: {there}."
            )
        wanted.setdefault(student, set()).update([task] if task else known)
    return [
        {**by_student[name], "tasks": [mark for mark in by_student[name]["tasks"] if mark["id"] in tasks]}
        for name, tasks in wanted.items()
    ]


def summary_of(lines: Sequence[Mapping[str, Any]], assignment: str) -> str:
    """A class in a line for each learner: the mark, the tasks that lost points, who waits, who is late."""
    graded = [line for line in lines if line["status"] == "graded"]
    rows = [(str(line["student"]), _mark(line), _remarks(line)) for line in lines]
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    table = [f"  {name:{widths[0]}}  {mark:>{widths[1]}}  {words}".rstrip() for name, mark, words in rows]
    head = f"{assignment}: {len(lines)} learners, {len(graded)} graded"
    waiting = sum(bool(_waiting(line)) for line in graded)
    more = f", {waiting} of them wait{'s' * (waiting == 1)} for a person" if waiting else ""
    hint = "The reasons: --only STUDENT, --only STUDENT/TASK, or --all."
    return printable("\n".join((f"{head}{more}.", *table, hint)))


def _mark(line: Mapping[str, Any]) -> str:
    if line["status"] != "graded":
        return str(line["status"])
    return f"{line['score']:g} of {line['max_score']:g}"


def _waiting(line: Mapping[str, Any]) -> list[str]:
    return [str(task["id"]) for task in line["tasks"] if task["outcome"] == "needs_manual"]


def _remarks(line: Mapping[str, Any]) -> str:
    lost = [
        f"{task['id']} {task['points']:g}/{task['max_points']:g}"
        for task in line["tasks"]
        if task["points"] < task["max_points"] and task["outcome"] != "needs_manual"
    ]
    parts = [", ".join(lost)] if lost else []
    parts += [f"waits: {', '.join(names)}"] if (names := _waiting(line)) else []
    parts += [f"{duration(line['late_seconds'])} late"] if line["late_seconds"] else []
    parts += [DISAGREE] if any(str(words).startswith(DISAGREE) for words in line["warnings"]) else []
    parts += [str(line["warnings"][0])] if line["status"] != "graded" and line["warnings"] else []
    return "; ".join(parts)


def text_of(line: Mapping[str, Any]) -> str:
    """One submission's result."""
    head = f"{line['student']} · {line['assignment']} · {line['score']:g} of {line['max_score']:g} points"
    if line["status"] != "graded":
        head += f" · {line['status']}"
    if line["late_seconds"]:
        head += f" · {duration(line['late_seconds'])} late"
    rows = [head]
    if line.get("late_words"):
        rows.append(_indented(line["late_words"]))
    for task in line["tasks"]:
        mark = MARKS.get(task["outcome"], "✘")
        state = STATES.get(task["outcome"], task["outcome"].replace("_", " "))
        by_hand = ", given by hand" if task.get("by_hand") else ""
        rows.append(f"  {mark} {task['id']}: {task['points']:g} of {task['max_points']:g} ({state}{by_hand})")
        rows += [_indented(f"{points:g}: {says}", "✔ ") for points, says in task.get("earned", ())]
        if task.get("comment"):
            rows.append(_indented(f"“{task['comment']}”"))
        for one in task.get("asked", ()):
            rows += [_indented(one["question"], "asked: "), _indented(one["answer"] or "–", "answer: ")]
        if task.get("by_hand"):
            continue
        if task["outcome"] not in ("not_attempted", "needs_manual"):  # these say it in the line itself
            rows += [_indented(reason) for reason in task["reasons"]]
    rows += [_indented(warning, "! ") for warning in line["warnings"]]
    return printable("\n".join(rows))


def _indented(text: str, mark: str = "") -> str:
    return textwrap.fill(mark + text, 100, initial_indent="      ", subsequent_indent="      ")
