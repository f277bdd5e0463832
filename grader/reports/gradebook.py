"""`grader gradebook`: marks into nbgrader's database, by nbgrader's own API, so that formgrader shows them.

It imports nbgrader (4 s), as nobody else does; it runs once, at the end, in one process.
"""

import contextlib
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from nbgrader.api import (
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    MissingEntry,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import selectinload

from grader.alembic_path import with_own_commands
from grader.classroom.due import LONGEST_TIME, TIMESTAMP, DueDate
from grader.classroom.late import Late
from grader.engine import kept
from grader.engine.plan import Plan
from grader.engine.submission import Unreadable, find_notebook
from grader.plain_files import read_plain
from grader.reports.by_hand import ByHand, Given
from grader.reports.graded import graded_copy
from grader.reports.nbgrader_here import in_utc, naive
from grader.source import Cell, cell_source, grade_id, read_notebook
from grader.whereabouts import CallError
from lab.machine.whole_files import write_whole

COURSE = "kinesis"
AT_ONCE: Final = 100
"""Learners whose marks are read with a few queries and written in one transaction."""

Line = Mapping[str, Any]


def database_url(root: Path) -> str:
    return f"sqlite:///{root / 'gradebook.db'}"


def shown_url(database: str) -> str:
    """A database's URL without its password, for people to read."""
    try:
        return make_url(database).render_as_string(hide_password=True)
    except ArgumentError:
        return database


@contextlib.contextmanager
def opened(database: str) -> Iterator[Gradebook]:
    """nbgrader's gradebook. Raises CallError with a sentence when the database cannot be used."""
    os.environ["PATH"] = with_own_commands()
    # nbgrader's own use of SQLAlchemy; nothing that whoever grades could act on.
    warnings.filterwarnings("ignore", module="nbgrader")
    try:
        with Gradebook(database, COURSE) as gradebook:
            yield gradebook
    except ModuleNotFoundError as missing:
        raise CallError(
            f"The database {shown_url(database)} needs the Python package {missing.name}, which is not here. "
            "For PostgreSQL install psycopg[binary] into this environment."
        ) from None
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise CallError(
            f"The database {shown_url(database)} cannot be used: {reason}. "
            "Nothing of this call is in it, or all of a student's marks are; run it again."
        ) from None


def save(
    root: Path,
    plan: Plan,
    lines: Sequence[Line],
    submitted: Path,
    database: str,
    due: DueDate | None = None,
    names: Mapping[str, Mapping[str, str]] | None = None,
    late: Mapping[str, Late] | None = None,
) -> int:
    """Write the graded lines into the database and `autograded/`; how many. Twice changes nothing.

    Scores and comments that a person gave in formgrader stay. `names` are first and last names by student,
    `late` is what lateness costs by the declared policy; None leaves a penalty to nbgrader's plugin.
    Raises CallError for a database that cannot be used.
    """
    released = root / "exercises" / plan.assignment / f"{plan.assignment}.ipynb"
    older = {name: path for line in lines if (name := line["exercise_version"]) != plan.release.version
             and name and (path := _kept(root, plan, name))}  # fmt: skip
    graded = [line for line in lines if line["status"] == "graded"]
    with opened(database) as gradebook:
        for path in older.values():
            _save_cells(gradebook, plan, read_notebook(path))
        _save_cells(gradebook, plan, read_notebook(released))  # last: today's points count for formgrader
        if due is not None:
            gradebook.update_or_create_assignment(plan.assignment, duedate=naive(due.due))
        for start in range(0, len(graded), AT_ONCE):
            part = graded[start : start + AT_ONCE]
            pages = _pages(gradebook, plan.assignment, [line["student"] for line in part], names or {})
            copies: list[_Copy] = []
            with gradebook.db.no_autoflush:
                for line in part:
                    page, notebook = pages[line["student"]], _notebook(submitted, line)
                    copy = _copy(root, older.get(line["exercise_version"], released), notebook, line)
                    _save_times(page.assignment, line, due, _timestamp(notebook) if notebook else None)
                    _complete(gradebook, page)
                    _save_marks(gradebook, page, line, changed=copy is not None and copy.changed)
                    if late is not None:
                        _save_penalty(page, late.get(line["student"]))
                    copies += [copy] if copy is not None and copy.is_new else []
            gradebook.db.commit()
            # After the marks: a copy that is there already would hide from the next call that it has changed.
            for copy in copies:
                write_whole(copy.path, copy.text)
    return len(graded)


def _pages(
    gradebook: Gradebook, assignment: str, students: Sequence[str], names: Mapping[str, Mapping[str, str]]
) -> dict[str, SubmittedNotebook]:
    """Each student's submission of the notebook, with its marks and comments; made where there is none."""
    learners = {one.id: one for one in gradebook.db.query(Student).filter(Student.id.in_(students))}
    notebook = gradebook.find_notebook(assignment, assignment)
    found = {one.student_id: one for one in _submissions(gradebook, assignment, students)}
    pages = {}
    with gradebook.db.no_autoflush:
        for student in students:
            learner = learners.get(student) or Student(id=student)
            for field, value in names.get(student, {}).items():
                setattr(learner, field, value)
            submission = found.get(student) or SubmittedAssignment(student=learner)
            gradebook.db.add_all([learner, submission])
            submission.assignment = notebook.assignment
            pages[student] = _page(gradebook, submission, notebook)
    return pages


def _page(gradebook: Gradebook, submission: SubmittedAssignment, notebook: Notebook) -> SubmittedNotebook:
    if submission.notebooks:
        return submission.notebooks[0]
    page = SubmittedNotebook()
    gradebook.db.add(page)
    page.notebook, page.assignment = notebook, submission
    return page


def _submissions(
    gradebook: Gradebook, assignment: str, students: Sequence[str] | None = None
) -> list[SubmittedAssignment]:
    """Of all students, or of these, with all that hangs on them, by a handful of queries."""
    notebooks = selectinload(SubmittedAssignment.notebooks)
    query = (
        gradebook.db.query(SubmittedAssignment)
        .filter(SubmittedAssignment.assignment_id == gradebook.find_assignment(assignment).id)
        .options(
            notebooks.selectinload(SubmittedNotebook.grades).selectinload(Grade.cell),
            notebooks.selectinload(SubmittedNotebook.comments).selectinload(Comment.cell),
        )
    )
    return list(query if students is None else query.filter(SubmittedAssignment.student_id.in_(students)))


def given(database: str, assignment: str) -> dict[str, Given] | None:
    """What the gradebook holds of each submission, by student; None when the assignment is not in it."""
    file = database.removeprefix("sqlite:///")
    if file != database and not Path(file).is_file():
        return None
    with opened(database) as gradebook:
        try:
            gradebook.find_assignment(assignment)
        except MissingEntry:
            return None
        return {one.student_id: _given(one) for one in _submissions(gradebook, assignment)}


def give(database: str, assignment: str, marks: Sequence[ByHand]) -> list[ByHand]:
    """Write what a person gives, all of it or nothing; what stood there before, in the same order.

    Raises CallError for a database that cannot be used, or a learner who is not in it.
    """
    with opened(database) as gradebook:
        before = [_give(gradebook, assignment, mark) for mark in marks]
        gradebook.db.commit()
    return before


def _give(gradebook: Gradebook, assignment: str, mark: ByHand) -> ByHand:
    try:
        grade = gradebook.find_grade(mark.task, assignment, assignment, mark.student)
    except MissingEntry:
        raise CallError(
            f"The gradebook has no {mark.task} of {mark.student}. Run `grader gradebook {assignment}`."
        ) from None
    comment = _comment(gradebook, assignment, mark)
    before = ByHand(
        mark.student,
        mark.task,
        None if grade.manual_score is None else float(grade.manual_score) + float(grade.extra_credit or 0.0),
        (comment.manual_comment or "") if comment is not None else "",
    )
    grade.manual_score, grade.extra_credit = mark.points, None
    grade.needs_manual_grade = mark.points is None and grade.auto_score is None
    if comment is not None:
        comment.manual_comment = mark.comment or None
    return before


def _comment(gradebook: Gradebook, assignment: str, mark: ByHand) -> Comment | None:
    """The place of a comment: at the answer's cell, which of a text is the task's own."""
    for name in (f"{mark.task}_answer", mark.task):
        with contextlib.suppress(MissingEntry):
            return gradebook.find_comment(name, assignment, assignment, mark.student)
    return None


def _given(submission: Any) -> Given:
    grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
    comments = [comment for notebook in submission.notebooks for comment in notebook.comments]
    return Given(
        {one.name: float(one.manual_score) + float(one.extra_credit or 0.0) for one in grades
         if one.manual_score is not None},
        {one.name.removesuffix("_answer"): one.manual_comment for one in comments if one.manual_comment},
        {one.name: float(one.auto_score) for one in grades if one.auto_score is not None},
        float(submission.late_submission_penalty or 0.0),
        frozenset(one.name for one in grades if one.manual_score is not None and one.needs_manual_grade),
    )  # fmt: skip


def _save_cells(gradebook: Gradebook, plan: Plan, notebook: dict[str, Any]) -> None:
    """What nbgrader's SaveCells keeps when it makes a release: the notebook and its cells."""
    name = plan.assignment
    gradebook.update_or_create_assignment(name)
    gradebook.update_or_create_notebook(name, name)
    for cell in notebook["cells"]:
        flags = cell.get("metadata", {}).get("nbgrader")
        if flags and grade_id(cell):
            _save_cell(gradebook, name, cell, flags)


def _save_cell(gradebook: Gradebook, name: str, cell: Cell, flags: Mapping[str, Any]) -> None:
    cell_id, kind = flags["grade_id"], cell["cell_type"]
    if flags.get("grade"):
        gradebook.update_or_create_grade_cell(
            cell_id, name, name, max_score=float(flags["points"]), cell_type=kind
        )
    if flags.get("solution"):
        gradebook.update_or_create_solution_cell(cell_id, name, name)
    gradebook.update_or_create_source_cell(
        cell_id, name, name, source=cell_source(cell), checksum=flags.get("checksum"),
        locked=bool(flags.get("locked")), cell_type=kind,
    )  # fmt: skip


def _timestamp(notebook: Path) -> datetime | None:
    """The hand-in's time as nbgrader reads it, in UTC without a zone; None without a `timestamp.txt`.

    Formgrader takes a submission for graded only when its time in the database is the one in that file.
    """
    try:
        text = read_plain(notebook.with_name(TIMESTAMP), LONGEST_TIME).decode().strip()
        return in_utc(text) if text else None
    except (OSError, ValueError, OverflowError):
        return None


def _save_times(
    submission: SubmittedAssignment, line: Line, due: DueDate | None, handed_in: datetime | None
) -> None:
    """The times by which nbgrader finds the submission as late as we do."""
    submission.timestamp = handed_in
    if due is None:
        return
    until = due.for_student(line["student"])
    submission.extension = until - due.due
    if handed_in is not None and naive(until) < handed_in <= naive(until + due.grace):
        submission.extension += due.grace


def _save_marks(gradebook: Gradebook, page: SubmittedNotebook, line: Line, *, changed: bool) -> None:
    grades = {grade.name: grade for grade in page.grades}
    for task in line["tasks"]:
        grade = grades.get(task["id"]) or _new_grade(gradebook, page, task)
        by_hand = task["outcome"] == "needs_manual"
        grade.auto_score = None if by_hand else float(task["points"])
        if grade.manual_score is None:
            grade.needs_manual_grade = by_hand
        elif changed:
            # What a person has judged is another thing now: the score stays, and is to be looked at.
            grade.needs_manual_grade = True


def _new_grade(gradebook: Gradebook, page: SubmittedNotebook, task: Line) -> Grade:
    """The place of the mark of a task that no release here has."""
    cell = GradeCell(
        name=task["id"], notebook=page.notebook, max_score=float(task["max_points"]), cell_type="code"
    )
    grade = Grade(cell=cell, notebook=page)
    gradebook.db.add_all([cell, grade])
    return grade


def _save_penalty(page: SubmittedNotebook, late: Late | None) -> None:
    """What formgrader takes off: of the points that stand in the gradebook now."""
    points = [
        grade.auto_score if grade.manual_score is None else grade.manual_score + (grade.extra_credit or 0.0)
        for grade in page.grades
    ]
    page.late_submission_penalty = late.penalty(sum(filter(None, points))) if late is not None else 0.0


def _kept(root: Path, plan: Plan, version: str) -> Path | None:
    """The notebook of an earlier release, as it was handed out; None where it is not kept."""
    path = kept.place(root, version) / f"{plan.assignment}.ipynb"
    return path if version.isalnum() and path.is_file() else None


def _complete(gradebook: Gradebook, page: SubmittedNotebook) -> None:
    """A place for a mark and a comment at each cell: without, nbgrader's feedback and formgrader raise."""
    graded = {grade.cell for grade in page.grades}
    said = {comment.cell for comment in page.comments}
    gradebook.db.add_all(
        Grade(cell=cell, notebook=page, auto_score=0.0, needs_manual_grade=False)
        for cell in page.notebook.grade_cells
        if cell not in graded
    )
    gradebook.db.add_all(
        Comment(cell=cell, notebook=page) for cell in page.notebook.solution_cells if cell not in said
    )


def _notebook(submitted: Path, line: Line) -> Path | None:
    try:
        return find_notebook(submitted / line["student"] / line["assignment"], line["assignment"])[0]
    except (OSError, Unreadable):
        return None


@dataclass(frozen=True)
class _Copy:
    """The notebook that formgrader opens, and what lies there."""

    path: Path
    text: str
    before: str | None

    @property
    def is_new(self) -> bool:
        return self.before != self.text

    @property
    def changed(self) -> bool:
        return self.before is not None and self.is_new


def _copy(root: Path, released: Path, notebook: Path | None, line: Line) -> _Copy | None:
    """None where the hand-in cannot be read any more."""
    if notebook is None:
        return None
    student, assignment = line["student"], line["assignment"]
    try:
        text = graded_copy(released, notebook, line)
    except (OSError, ValueError, RecursionError):
        return None
    path = root / "autograded" / student / assignment / f"{assignment}.ipynb"
    return _Copy(path, text, path.read_text(encoding="utf-8") if path.is_file() else None)
