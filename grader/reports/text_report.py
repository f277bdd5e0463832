"""A result as text for a terminal: the mark, and why each lost point was lost."""

import textwrap
from collections.abc import Mapping
from typing import Any

from grader.notebook.views import MARKS
from grader.reports.printable import duration, printable

STATES = {"needs_manual": "waits to be read by a person"}


def text_of(line: Mapping[str, Any]) -> str:
    """One submission's result."""
    head = f"{line['student']} · {line['assignment']} · {line['score']:g} of {line['max_score']:g} points"
    if line["status"] != "graded":
        head += f" · {line['status']}"
    if line["late_seconds"]:
        head += f" · {duration(line['late_seconds'])} late"
    rows = [head]
    for task in line["tasks"]:
        mark = MARKS.get(task["outcome"], "✘")
        state = STATES.get(task["outcome"], task["outcome"].replace("_", " "))
        by_hand = ", given by hand" if task.get("by_hand") else ""
        rows.append(f"  {mark} {task['id']}: {task['points']:g} of {task['max_points']:g} ({state}{by_hand})")
        if task.get("comment"):
            rows.append(_indented(f"“{task['comment']}”"))
        if task.get("by_hand"):
            continue
        if task["outcome"] not in ("not_attempted", "needs_manual"):  # these say it in the line itself
            rows += [_indented(reason) for reason in task["reasons"]]
    rows += [_indented(warning, "! ") for warning in line["warnings"]]
    return printable("\n".join(rows))


def _indented(text: str, mark: str = "") -> str:
    return textwrap.fill(mark + text, 100, initial_indent="      ", subsequent_indent="      ")
