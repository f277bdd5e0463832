"""`grader feedback`: a page for each learner: the mark, and for each task what was seen and where to read.

Made of a result, which holds no hidden case's value, and of the learner's own notebook. Nothing in it is
trusted: names, code, reasons and warnings are escaped and freed of control characters
(`grader.reports.pages`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.engine.handed import read_handed
from grader.engine.plan import Plan
from grader.engine.submission import Unreadable
from grader.notebook.views import MARKS, code_text, points_text
from grader.reports.graded import OwnCode, own_code
from grader.reports.pages import page, shown
from grader.reports.printable import duration, printable
from grader.source import parse_notebook, read_notebook
from grader.tasks.exercise import ExerciseTask
from grader.whereabouts import CallError
from lab.machine.whole_files import write_whole

LOOKS = {
    "passed": ("passed", "right"),
    "partial": ("partial", "partly right"),
    "failed": ("wrong", "not right yet"),
    "not_attempted": ("open", "not attempted"),
    "error": ("wrong", "could not be judged"),
    "timeout": ("wrong", "took too long"),
    "crashed": ("wrong", "ended its process"),
    "skipped": ("open", "not judged"),
    "needs_manual": ("open", "waits to be read by a person"),
}
"""Class in the style sheet and words, by outcome; a mark and the words stand beside every colour."""

STATES = {
    "missing": "No notebook was found in your hand-in, so nothing could be marked.",
    "unreadable": "Your notebook could not be read, so nothing could be marked.",
    "error": "The grader failed on this submission. That is not a mark: it can be graded again.",
}

READ = "Read: "
"""Begins the reason that names the place in the lesson."""


@dataclass(frozen=True)
class Course:
    """What is the same for all pages of an assignment."""

    plan: Plan
    released: dict[str, Any]
    submitted: Path

    def task(self, task_id: str) -> ExerciseTask | None:
        """None for a task of an older version that is there no more."""
        return next((task for task in self.plan.exercise.tasks if task.id == task_id), None)


def write_pages(
    root: Path, plan: Plan, lines: Sequence[Mapping[str, Any]], submitted: Path, target: Path
) -> list[Path]:
    """Write TARGET/<student>/<assignment>.html for every line, each by rename; their paths.

    Raises CallError for a student's name in the results that is no folder's name.
    """
    released = read_notebook(root / "exercises" / plan.assignment / f"{plan.assignment}.ipynb")
    course = Course(plan, released, submitted)
    written = []
    for line in lines:
        student = str(line["student"])
        if Path(student).name != student or student in ("", ".", ".."):
            raise CallError(f"The results name a student {student!r}, which is no folder's name.")
        path = target / student / f"{plan.assignment}.html"
        write_whole(path, page_of(course, line))
        written.append(path)
    return written


def page_of(course: Course, line: Mapping[str, Any]) -> str:
    """One learner's page as HTML."""
    code, trouble = _code(course, line)
    parts = [
        f"<h1>{shown(line['assignment'])}</h1>",
        f'<p class="dim">Feedback for {shown(line["student"])}</p>',
        _head(line),
        _notes([*line["warnings"], *trouble]),
    ]
    if line["tasks"]:
        parts.append(_overview(course, line["tasks"]))
        parts += [_task(course, task, code) for task in line["tasks"]]
    if code is not None and code.further:
        parts.append(_further(code.further))
    if line["tasks"]:
        parts.append(_how_to_ask(str(line["assignment"])))
    return page(f"{line['assignment']}: feedback for {line['student']}", "\n".join(filter(None, parts)))


def _how_to_ask(assignment: str) -> str:
    call = f'grader ask {assignment}/TASK "Why …?"'
    return f'<p class="dim">To ask about a mark: <code>{shown(call)}</code> writes a file to send.</p>'


def _head(line: Mapping[str, Any]) -> str:
    late = ""
    if line["late_seconds"]:
        less = f" {shown(line['late_words'])}" if line.get("late_words") else ""
        if line.get("penalty") and not less:
            less = f" That takes {points_text(line['penalty'])} away."
        late = f"<p>Handed in {duration(line['late_seconds'])} after the due time.{less}</p>"
    if line["status"] != "graded":
        return f'<p class="mark">{STATES[line["status"]]}</p>{late}'
    waiting = sum(task["max_points"] for task in line["tasks"] if task["outcome"] == "needs_manual")
    more = f" so far; {points_text(waiting)} more are given by a person" if waiting else ""
    return f'<p class="mark">{line["score"]:g} of {points_text(line["max_score"])}{more}</p>{late}'


def _notes(notes: Sequence[str]) -> str:
    if not notes:
        return ""
    items = "".join(f"<li>{shown(note)}</li>" for note in notes)
    return f'<div class="note"><p><strong>Good to know</strong></p><ul>{items}</ul></div>'


def _title(course: Course, task: Mapping[str, Any]) -> str:
    known = course.task(task["id"])
    return known.title if known else str(task["id"])


def _outcome(task: Mapping[str, Any]) -> tuple[str, str]:
    """Class and words of a task's outcome."""
    look, words = LOOKS[task["outcome"]]
    return look, f'<span aria-hidden="true">{MARKS.get(task["outcome"], "○")}</span> {words}'


def _overview(course: Course, tasks: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for task in tasks:
        look, words = _outcome(task)
        rows.append(
            f'<tr><td><a href="#{shown(task["id"])}">{shown(_title(course, task))}</a></td>'
            f'<td class="{look}">{words}</td>'
            f'<td class="number">{task["points"]:g} of {task["max_points"]:g}</td></tr>'
        )
    columns = (("Task", ""), ("Outcome", ""), ("Points", ' class="number"'))
    head = "".join(f'<th scope="col"{look}>{name}</th>' for name, look in columns)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _task(course: Course, task: Mapping[str, Any], code: OwnCode | None) -> str:
    look, words = _outcome(task)
    points = f"{task['points']:g} of {points_text(task['max_points'])}"
    return (
        f'<section class="{look}" id="{shown(task["id"])}">'
        f"<h2>{shown(_title(course, task))}</h2>"
        f'<p class="{look}"><span class="outcome">{words}</span> · {points}</p>'
        f"{_reasons(task)}{_asked(task)}{_own(task, code)}</section>"
    )


def _reasons(task: Mapping[str, Any]) -> str:
    said = (
        f"<p><strong>A person's comment:</strong> {_words(task['comment'])}</p>"
        if task.get("comment")
        else ""
    )
    if task.get("by_hand"):
        return f"<p>A person read this and gave the points.</p>{_earned(task)}{said}"
    return said + _automatic_reasons(task)


def _earned(task: Mapping[str, Any]) -> str:
    """The items of the rubric that the person ticked."""
    items = [
        f'<li><span aria-hidden="true">✔</span> {_words(says)} ({points_text(points)})</li>'
        for points, says in task.get("earned", ())
    ]
    return f"<p><strong>What earned them:</strong></p><ul>{''.join(items)}</ul>" if items else ""


def _asked(task: Mapping[str, Any]) -> str:
    """What the learner asked about this mark, and what was answered."""
    return "".join(
        f'<div class="note"><p><strong>You asked:</strong> {_words(one["question"])}</p>'
        + (f"<p><strong>Answer:</strong> {_words(one['answer'])}</p></div>" if one["answer"] else "</div>")
        for one in task.get("asked", ())
    )


def _automatic_reasons(task: Mapping[str, Any]) -> str:
    if task["outcome"] == "not_attempted":
        return "<p>Nothing was written here yet, so nothing was judged.</p>"
    if task["outcome"] == "passed" and not task["reasons"]:
        return "<p>Everything that is checked here is right.</p>"
    reasons = [str(reason) for reason in task["reasons"]]
    read = [reason.removeprefix(READ) for reason in reasons if reason.startswith(READ)]
    seen = [reason for reason in reasons if not reason.startswith(READ)]
    idea = seen.pop(0) if task["misconception"] and seen else None
    parts = [f"<p><strong>What it looks like:</strong> {_words(idea)}</p>"] if idea else []
    if seen:
        parts.append(f"<ul>{''.join(f'<li>{_words(reason)}</li>' for reason in seen)}</ul>")
    if task["limit"] and not any(task["limit"] in reason for reason in reasons):
        parts.append(f"<p>The limit that it met: {shown(task['limit'])}.</p>")
    parts += [f"<p><strong>Where to read:</strong> {_words(place)}</p>" for place in read]
    return "".join(parts)


def _words(text: str) -> str:
    return code_text(printable(text))


def _own(task: Mapping[str, Any], code: OwnCode | None) -> str:
    # A written answer that a person grades is one cell, which has the task's own id.
    answers = code.answers if code else {}
    source = answers.get(f"{task['id']}_answer", answers.get(task["id"]))
    if source is None or task["outcome"] == "not_attempted":
        return ""
    unfolded = "" if task["outcome"] == "passed" else " open"
    return f"<details{unfolded}><summary>Your answer</summary>{_pre(source, 'Your answer')}</details>"


def _further(cells: Sequence[str]) -> str:
    blocks = "".join(_pre(cell, f"Further cell {number}") for number, cell in enumerate(cells, 1))
    return (
        f"<h2>Your further cells</h2><details><summary>{len(cells)} code cell{'s' * (len(cells) != 1)} "
        f"of your own beside the answers</summary>{blocks}</details>"
    )


def _pre(source: str, label: str) -> str:
    return f'<pre tabindex="0" role="region" aria-label="{shown(label)}"><code>{shown(source)}</code></pre>'


def _code(course: Course, line: Mapping[str, Any]) -> tuple[OwnCode | None, list[str]]:
    """The learner's code as it was graded; None, and why, when it cannot be shown."""
    if line["status"] != "graded":
        return None, []
    assignment = course.plan.assignment
    try:
        handed = read_handed(course.submitted / line["student"] / assignment, assignment)
        if handed.digest != line["submission_sha256"]:
            return None, ["Your code is not shown: the notebook has changed since it was graded."]
        return own_code(course.released, parse_notebook(handed.notebook), handed.modules), []
    except (OSError, ValueError, RecursionError, Unreadable):
        return None, ["Your code is not shown: the notebook that was graded is not there any more."]
