"""`grader gradebook`: marks into nbgrader's database, by nbgrader's own API, so that formgrader shows them.

It imports nbgrader (4 s), as nobody else does; it runs once, at the end, in one process.
"""

import contextlib
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader.api import Comment, Grade, Gradebook, MissingEntry
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

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
        for line in graded:
            notebook = _notebook(submitted, line)
            made_from = older.get(line["exercise_version"], released)
            changed = notebook is not None and _save_copy(root, made_from, notebook, line)
            handed_in = _timestamp(notebook) if notebook is not None else None
            gradebook.update_or_create_student(line["student"], **(names or {}).get(line["student"], {}))
            _save_submission(gradebook, line, due, handed_in)
            _save_marks(gradebook, line, changed)
            _complete(gradebook, line)
            if late is not None:
                _save_penalty(gradebook, line, late.get(line["student"]))
            gradebook.db.commit()
    return len(graded)


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
        return {one.student_id: _given(one) for one in gradebook.assignment_submissions(assignment)}


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


def _save_submission(
    gradebook: Gradebook, line: Line, due: DueDate | None, handed_in: datetime | None
) -> None:
    """The submission, with times by which nbgrader finds it as late as we do."""
    student = line["student"]
    times: dict[str, Any] = {"timestamp": handed_in}
    if due is not None:
        until = due.for_student(student)
        times["extension"] = until - due.due
        if handed_in is not None and naive(until) < handed_in <= naive(until + due.grace):
            times["extension"] += due.grace
    gradebook.update_or_create_submission(line["assignment"], student, **times)


def _save_marks(gradebook: Gradebook, line: Line, changed: bool) -> None:
    for task in line["tasks"]:
        grade = _grade(gradebook, line, task)
        by_hand = task["outcome"] == "needs_manual"
        grade.auto_score = None if by_hand else float(task["points"])
        if grade.manual_score is None:
            grade.needs_manual_grade = by_hand
        elif changed:
            # What a person has judged is another thing now: the score stays, and is to be looked at.
            grade.needs_manual_grade = True


def _grade(gradebook: Gradebook, line: Line, task: Line) -> Grade:
    """The place of a task's mark; made for a task that came or went since the submission was first saved."""
    name, student = line["assignment"], line["student"]
    with contextlib.suppress(MissingEntry):
        return gradebook.find_grade(task["id"], name, name, student)
    try:
        cell = gradebook.find_grade_cell(task["id"], name, name)
    except MissingEntry:
        cell = gradebook.update_or_create_grade_cell(
            task["id"], name, name, max_score=float(task["max_points"]), cell_type="code"
        )
    grade = Grade(cell_id=cell.id, notebook=gradebook.find_submission_notebook(name, name, student))
    gradebook.db.add(grade)
    return grade


def _save_penalty(gradebook: Gradebook, line: Line, late: Late | None) -> None:
    """What formgrader takes off: of the points that stand in the gradebook now."""
    notebook = gradebook.find_submission_notebook(line["assignment"], line["assignment"], line["student"])
    points = [
        grade.auto_score if grade.manual_score is None else grade.manual_score + (grade.extra_credit or 0.0)
        for grade in notebook.grades
    ]
    notebook.late_submission_penalty = late.penalty(sum(filter(None, points))) if late is not None else 0.0


def _kept(root: Path, plan: Plan, version: str) -> Path | None:
    """The notebook of an earlier release, as it was handed out; None where it is not kept."""
    path = kept.place(root, version) / f"{plan.assignment}.ipynb"
    return path if version.isalnum() and path.is_file() else None


def _complete(gradebook: Gradebook, line: Line) -> None:
    """A place for a mark and a comment at each cell that came since the submission was first saved.

    nbgrader makes them once, with the submission; without them its feedback and formgrader raise.
    """
    submission = gradebook.find_submission_notebook(line["assignment"], line["assignment"], line["student"])
    notebook = submission.notebook
    graded = {grade.cell_id for grade in submission.grades}
    said = {comment.cell_id for comment in submission.comments}
    gradebook.db.add_all(
        Grade(cell_id=cell.id, notebook=submission, auto_score=0.0, needs_manual_grade=False)
        for cell in notebook.grade_cells
        if cell.id not in graded
    )
    gradebook.db.add_all(
        Comment(cell_id=cell.id, notebook=submission)
        for cell in notebook.solution_cells
        if cell.id not in said
    )


def _notebook(submitted: Path, line: Line) -> Path | None:
    try:
        return find_notebook(submitted / line["student"] / line["assignment"], line["assignment"])[0]
    except (OSError, Unreadable):
        return None


def _save_copy(root: Path, released: Path, notebook: Path, line: Line) -> bool:
    """The notebook that formgrader opens; whether an earlier one was another."""
    student, assignment = line["student"], line["assignment"]
    try:
        text = graded_copy(released, notebook, line)
    except (OSError, ValueError, RecursionError):
        return False
    path = root / "autograded" / student / assignment / f"{assignment}.ipynb"
    before = path.read_text(encoding="utf-8") if path.is_file() else text
    if before != text or not path.is_file():
        write_whole(path, text)
    return before != text
