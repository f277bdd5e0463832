"""`grader export`: marks for Canvas, Moodle, or whatever reads JSON.

CSV as those systems' own importers read it (Canvas: lib/gradebook_importer.rb; Moodle: grade/import/csv).
A spreadsheet opens such files too and takes a cell that begins with = + - @ for a formula, so names and
ids that do get an apostrophe in front. An empty grade changes nothing there: nobody gets a 0 for a
submission that could not be graded, and no mark is exported as final before a person has read its texts.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from grader.classroom.roster import Learner
from grader.reports.printable import duration, printable

FORMATS = ("canvas", "moodle", "json")
SCHEMA = 3

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Beginnings of a cell that a spreadsheet evaluates (OWASP, CSV injection)."""

POINTS_POSSIBLE = "Points Possible"
"""Canvas takes every row whose first cell holds these words for the assignments' points."""

MOODLE_LARGEST = 100
"""Moodle refuses a whole file with a grade above this, unless its site settings allow more."""

WAITS = "waits to be read by a person"

Line = Mapping[str, Any]


@dataclass(frozen=True)
class Grades:
    """What is exported: for every learner one line of results for each assignment, where there is one."""

    titles: Mapping[str, str]
    """Assignments in order, and what the other system calls them."""
    learners: Sequence[Learner]
    lines: Mapping[tuple[str, str], Line]
    """By student and assignment."""
    left_out: Sequence[str] = ()
    """Students who handed in and are not in the roster."""
    partial: bool = False
    """Whether marks are written that are not final yet."""

    def max_score(self, assignment: str) -> float:
        scores = [line["max_score"] for (_, name), line in self.lines.items() if name == assignment]
        return max(scores, default=0)

    def notes(self, format_name: str) -> list[str]:
        """What whoever imports the file should know, a sentence each."""
        found = []
        if waiting := [line for line in self._written() if waits_for(line)]:
            names = ", ".join(
                f"{line['student']} ({line['assignment']}: {', '.join(waits_for(line))})" for line in waiting
            )
            what = "Only the points so far are written" if self.partial else "No mark is written"
            found.append(
                f"{what} where a task waits for a person: {names}. Grade them with `grader review`, then "
                "export again."
            )
        if scaled := [line for line in self._written() if self.is_of_another_release(line)]:
            names = ", ".join(
                f"{line['student']} ({line['assignment']}: {number(line['max_score'])} points)"
                for line in scaled
            )
            how = "as they are" if format_name == "json" else "scaled, so that all right is all points"
            found.append(f"Handed in from a release with other points, {how}: {names}.")
        guarded = [one.student for one in self.learners if format_name != "json" and _guarded(one)]
        if guarded:
            found.append(
                "What a spreadsheet would take for a formula has an apostrophe in front, so the other system "
                f"will not find a learner by it: give plain ids in roster.csv to {', '.join(guarded)}."
            )
        if self.left_out:
            found.append(
                f"Left out, as roster.csv does not name them: {', '.join(self.left_out)}. Add whoever "
                "belongs to the class, or name the folder as the roster does."
            )
        largest = max(map(self.max_score, self.titles), default=0)
        if format_name == "moodle" and largest > MOODLE_LARGEST:
            found.append(f"Moodle refuses a grade above {MOODLE_LARGEST} unless its site settings allow it.")
        return [printable(note) for note in found]

    def _written(self) -> list[Line]:
        """The graded lines of those who are exported."""
        students = {learner.student for learner in self.learners}
        return [
            line for (student, _), line in sorted(self.lines.items())
            if student in students and line["status"] == "graded"
        ]  # fmt: skip

    def is_of_another_release(self, line: Line) -> bool:
        """Whether it has other points than the assignment has now."""
        return bool(line["max_score"]) and line["max_score"] != self.max_score(line["assignment"])

    def mark(self, student: str, assignment: str) -> str:
        """The grade as a cell; empty where there is none, or none yet."""
        line = self.lines.get((student, assignment))
        if line is None or line["status"] != "graded" or (waits_for(line) and not self.partial):
            return ""
        most = self.max_score(assignment)
        return number(line["score"] * most / line["max_score"] if line["max_score"] else line["score"])


def _guarded(learner: Learner) -> bool:
    return any(cell(value) != value for value in asdict(learner).values())


def waits_for(line: Line) -> list[str]:
    """The tasks of a hand-in that a person has still to read."""
    return [str(task["id"]) for task in line["tasks"] if task["outcome"] == "needs_manual"]


def collect(
    titles: Mapping[str, str],
    lines: Sequence[Line],
    roster: Sequence[Learner] | None,
    *,
    partial: bool = False,
) -> Grades:
    """Learners of the roster, or without one those of the results: their folder's name is all they have.

    Who is not in a roster that there is stays out: Moodle refuses a whole file that names a stranger.
    """
    students = sorted({str(line["student"]) for line in lines})
    known = {learner.student for learner in roster or ()}
    others = [name for name in students if name not in known]
    learners = list(roster) if roster is not None else list(map(Learner, others))
    by_key = {(str(line["student"]), str(line["assignment"])): line for line in lines}
    return Grades(titles, learners, by_key, others if roster is not None else (), partial)


def cell(text: str) -> str:
    """Text for a cell: on one line, without control characters, never a formula."""
    plain = printable(text)
    guarded = f"'{plain}" if plain.startswith(FORMULA) else plain
    return guarded.replace("\n", " ").replace("\r", " ").replace("\t", " ")


def number(score: float) -> str:
    """To two decimals, as gradebooks show them."""
    return f"{score:.2f}".rstrip("0").rstrip(".")


def _csv(rows: Sequence[Sequence[str]]) -> str:
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    return file.getvalue()


def canvas(grades: Grades) -> str:
    """Canvas finds a learner by ID, then SIS User ID, then SIS Login ID, then by name."""
    names = list(grades.titles)
    rows = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *map(cell, grades.titles.values())]]
    rows.append([POINTS_POSSIBLE, "", "", "", "", *(number(grades.max_score(name)) for name in names)])
    for learner in grades.learners:
        student = learner.name or learner.student
        identity = [
            "" if POINTS_POSSIBLE in student else student,
            learner.canvas_id,
            learner.sis_user_id,
            learner.sis_login_id or learner.student,
            learner.section,
        ]
        marks = [grades.mark(learner.student, name) for name in names]
        rows.append([*map(cell, identity), *marks])
    return _csv(rows)


def moodle(grades: Grades) -> str:
    """Each assignment has a grade and a feedback column: Moodle clears the grade when only one is mapped."""
    titles = [word for title in grades.titles.values() for word in (title, f"{title} (feedback)")]
    rows = [["Username", "ID number", "Email address", *map(cell, titles)]]
    for learner in grades.learners:
        identity = [learner.username or learner.student, learner.id_number, learner.email]
        marks = []
        for name in grades.titles:
            line = grades.lines.get((learner.student, name))
            marks += [grades.mark(learner.student, name), cell(_feedback(line))]
        rows.append([*map(cell, identity), *marks])
    return _csv(rows)


def _feedback(line: Line | None) -> str:
    """Points by task, in our own words, and a person's comments, escaped: Moodle shows it as HTML."""
    if line is None or line["status"] != "graded":
        return "" if line is None else f"Not graded: {line['status']}."
    tasks = [
        f"{task['id']} {number(task['points'])} of {number(task['max_points'])}"
        f" ({WAITS if task['outcome'] == 'needs_manual' else task['outcome'].replace('_', ' ')})"
        for task in line["tasks"]
    ]
    late = f" {duration(line['late_seconds'])} late." if line["late_seconds"] else ""
    less = f" Less {number(line['penalty'])} for that." if line.get("penalty") else ""
    said = [f" On {task['id']}: {escape(task['comment'])}" for task in line["tasks"] if task.get("comment")]
    return f"{', '.join(tasks)}.{late}{less}{''.join(said)}"


def as_json(grades: Grades) -> str:
    """In the form of `export.schema.json`."""
    students = [
        {**asdict(learner), "grades": [_entry(grades, learner.student, name) for name in grades.titles]}
        for learner in grades.learners
    ]
    assignments = [
        {"assignment": name, "title": title, "max_score": grades.max_score(name)}
        for name, title in grades.titles.items()
    ]
    data = {"schema": SCHEMA, "assignments": assignments, "students": students}
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _entry(grades: Grades, student: str, assignment: str) -> dict[str, Any]:
    line = grades.lines.get((student, assignment))
    if line is None:
        nothing: dict[str, Any] = {
            "score": None, "max_score": None, "late_seconds": None, "waits_for": [], "tasks": [],
        }  # fmt: skip
        return {"assignment": assignment, "status": "missing", **nothing}
    kept = ("id", "points", "max_points", "outcome", "misconception")
    return {
        "assignment": assignment,
        "status": line["status"],
        "score": line["score"] if grades.mark(student, assignment) else None,
        "max_score": line["max_score"],
        "waits_for": waits_for(line),
        "late_seconds": line["late_seconds"],
        "tasks": [
            {
                **{key: task[key] for key in kept},
                "by_hand": task.get("by_hand", False),
                "comment": task.get("comment", ""),
            }
            for task in line["tasks"]
        ],
    }


def text_of(grades: Grades, format_name: str) -> str:
    """The file's text. `format_name` is one of FORMATS."""
    return {"canvas": canvas, "moodle": moodle, "json": as_json}[format_name](grades)
