"""The commands for what comes after grading a class; each reads the results that `grader autograde` wrote."""

import argparse
import pydoc
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.reports.printable import printable
from grader.whereabouts import STATE, CallError, root_or_refuse, short
from lab.machine.whole_files import write_whole

if TYPE_CHECKING:
    from grader.classroom.collect import Collected

Command = Callable[[str, object, str], argparse.ArgumentParser]
"""Name, function and help of a command; gives the parser of its options."""

DATABASE_HELP = "nbgrader's database, where points and comments by hand are (default: gradebook.db here)"


def add(command: Command) -> None:
    """Add the commands to `grader`."""
    show = command("show", _show, "print the results: a line for each learner, or the reasons")
    _takes_results(show)
    show.add_argument(
        "--only", action="append", default=[], metavar="STUDENT[/TASK]",
        help="print these with their reasons; may be given several times",
    )  # fmt: skip
    show.add_argument("--all", action="store_true", help="print everybody's reasons")
    show.add_argument("--database", metavar="URL", help=DATABASE_HELP)
    feedback = command("feedback", _feedback, "write a page for each learner: mark, reasons, where to read")
    _takes_results(feedback)
    _takes_submitted(feedback)
    feedback.add_argument("--to", type=Path, help="folder to write to (default: feedback/)")
    feedback.add_argument("--database", metavar="URL", help=DATABASE_HELP)
    gradebook = command("gradebook", _gradebook, "put results into nbgrader's gradebook")
    _takes_results(gradebook)
    _takes_submitted(gradebook)
    gradebook.add_argument("--database", metavar="URL", help=DATABASE_HELP)
    report = command("report", _report, "say what the results tell about the tasks: item statistics")
    _takes_results(report)
    report.add_argument("--database", metavar="URL", help=DATABASE_HELP)
    report.add_argument(
        "--exam", action="store_true", help="ASSIGNMENT is the name of a class's exam (`grader exam open`)"
    )
    report.add_argument(
        "--to", type=Path, metavar="FILE", help="the page (default: report/<assignment>.html)"
    )
    similarity = command("similarity", _similarity, "name pairs of submissions whose own code is alike")
    similarity.add_argument("assignment")
    _takes_submitted(similarity)
    export = command("export", _export, "write marks for Canvas, Moodle or other programs")
    export.add_argument("assignments", nargs="+", metavar="ASSIGNMENT")
    export.add_argument("--format", choices=("canvas", "moodle", "json"), required=True, help="for what")
    export.add_argument("--to", type=Path, metavar="FILE", help="default: the terminal")
    export.add_argument(
        "--title",
        action="append",
        default=[],
        metavar="ASSIGNMENT=TITLE",
        help='what the other system calls it, for Canvas with its number: "02-shards=Shards (4711)"',
    )
    export.add_argument(
        "--partial", action="store_true", help="write the points so far where a task waits for a person"
    )
    export.add_argument(
        "--gradebook", action="store_true", help="refuse when an assignment is not in nbgrader's gradebook"
    )
    export.add_argument("--database", metavar="URL", help=DATABASE_HELP)


def _takes_results(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("assignment")
    parser.add_argument("--results", type=Path, help="default: .grader/<assignment>/results.jsonl")


def _takes_submitted(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--submitted", type=Path, help="as autograde had it (default: submitted/)")


def _root(options: argparse.Namespace) -> Path:
    return root_or_refuse(options.course or Path.cwd())


def _results(options: argparse.Namespace, root: Path) -> list[dict[str, Any]]:
    return read_results(options.results or results_path(root, options.assignment), options.assignment)


def collected(
    options: argparse.Namespace, root: Path, lines: Sequence[Mapping[str, Any]] = ()
) -> "Collected":
    """The hand-ins, as autograde collects them; of several the one that a line of the results is about."""
    from grader.classroom.collect import collect
    from grader.classroom.due import read_rule
    from grader.classroom.roster import read_roster
    from grader.engine.plan import assignments

    name, given = options.assignment, options.submitted or root / "submitted"
    graded = {line["student"]: line["submission_sha256"] for line in lines}
    into = root / STATE / name / "collected"
    roster = read_roster(root) or ()
    return collect(given, name, into, assignments(root), read_rule(root), graded, roster)


def results_path(root: Path, assignment: str) -> Path:
    return root / STATE / assignment / "results.jsonl"


def read_results(path: Path, assignment: str) -> list[dict[str, Any]]:
    """Raises CallError when there are no results, or not of this assignment."""
    from grader.classroom import results

    if not path.is_file():
        raise CallError(f"There are no results in {short(path)}. Run `grader autograde {assignment}`.")
    try:
        lines = results.read(path)
        others = {line["assignment"] for line in lines} - {assignment}
    except (ValueError, KeyError, TypeError) as error:
        raise CallError(f"{short(path)} does not hold results ({error}). Grade again.") from None
    if others:
        raise CallError(f"{short(path)} holds results of {', '.join(sorted(others))}, not of {assignment}.")
    return lines


def _show(options: argparse.Namespace) -> int:
    from grader.reports.text_report import chosen, summary_of, text_of

    root = _root(options)
    lines = _final(options, root, _results(options, root))
    if options.only or options.all or len(lines) == 1:
        _read_at_leisure("\n".join(text_of(line) for line in chosen(lines, options.only)))
    else:
        _read_at_leisure(summary_of(lines, options.assignment))
    return 0


def _read_at_leisure(text: str) -> None:
    """In a pager, where there is a terminal that cannot show it all at once."""
    if sys.stdout.isatty() and text.count("\n") >= shutil.get_terminal_size().lines - 1:
        pydoc.pager(text)
    else:
        print(text)


def _feedback(options: argparse.Namespace) -> int:
    from grader.engine.plan import load_plan
    from grader.reports.feedback import write_pages

    root = _root(options)
    lines = _final(options, root, _results(options, root))
    target = options.to or root / "feedback"
    plan = load_plan(root, options.assignment)
    written = write_pages(root, plan, lines, collected(options, root, lines).folder, target)
    print(
        f"{len(written)} page{'s' * (len(written) != 1)}: {short(target)}/<student>/{options.assignment}.html"
    )
    return 0


def _gradebook(options: argparse.Namespace) -> int:
    root = _root(options)
    lines = _results(options, root)
    count, url = write_gradebook(options, root, lines)
    print(f"{count} of {len(lines)} students are in the gradebook {url}.")
    if left := [f"{line['student']} ({line['status']})" for line in lines if line["status"] != "graded"]:
        print(f"Not in it: {printable(', '.join(left))}.")
    return 0


def write_gradebook(
    options: argparse.Namespace, root: Path, lines: Sequence[Mapping[str, Any]]
) -> tuple[int, str]:
    """Put the LINES into the gradebook; how many are in it, and its address for people to read."""
    from grader.classroom.due import read_due
    from grader.classroom.late import late_of, read_policy
    from grader.classroom.roster import read_roster
    from grader.engine.plan import assignments, load_plan

    plan = load_plan(root, options.assignment)
    due = read_due(root, options.assignment, assignments(root))

    from grader.reports import gradebook

    url = options.database or gradebook.database_url(root)
    names = {learner.student: learner.first_and_last for learner in read_roster(root) or () if learner.name}
    folder = collected(options, root, lines).folder
    late = late_of(root, options.assignment, lines) if read_policy(root) is not None else None
    count = gradebook.save(root, plan, lines, folder, url, due, names, late)
    return count, gradebook.shown_url(url)


def _report(options: argparse.Namespace) -> int:
    from grader.engine.plan import load_plan
    from grader.reports.class_report import page_of, text_of
    from grader.reports.item_statistics import statistics_of

    root = _root(options)
    if options.exam:
        return _exam_report(options, root)
    lines = _final(options, root, _results(options, root))
    plan = load_plan(root, options.assignment)
    statistics = statistics_of(options.assignment, plan.tasks, lines)
    print(text_of(statistics))
    target = options.to or root / "report" / f"{options.assignment}.html"
    write_whole(target, page_of(statistics, {task.id: task.title for task in plan.tasks}))
    print(f"\nThe same with pictures: {short(target)}")
    return 0


def _exam_report(options: argparse.Namespace, root: Path) -> int:
    from grader.classroom import results
    from grader.exams.class_exam import load_exam, own_items, place_of
    from grader.reports.exam_report import page_of, text_of
    from grader.reports.exam_statistics import exam_statistics

    exam = load_exam(root, options.assignment)
    path = options.results or place_of(root, exam.name).with_name("results.jsonl")
    if not path.is_file():
        raise CallError(f"There are no results in {short(path)}. Run `grader exam grade {exam.name}`.")
    items = own_items(root, Path(exam.folder), exam.with_bank)
    try:
        report = exam_statistics(exam.name, results.read(path), items)
    except (ValueError, KeyError, TypeError) as error:
        raise CallError(f"{short(path)} does not hold results ({error}). Mark again.") from None
    print(text_of(report))
    target = options.to or root / "report" / f"{exam.name}.html"
    write_whole(target, page_of(report))
    print(f"\nThe same as a page: {short(target)}")
    return 0


def _similarity(options: argparse.Namespace) -> int:
    from grader.classroom.autograde import students
    from grader.engine.plan import load_plan
    from grader.reports.similarity import compare, text_of

    root = _root(options)
    plan = load_plan(root, options.assignment)
    found = collected(options, root)
    names = sorted(students(found))
    tasks = [task.id for task in plan.tasks]
    comparison = compare(root, options.assignment, tasks, found.folder, names)
    print(text_of(options.assignment, comparison))
    return 0


def _export(options: argparse.Namespace) -> int:
    from grader.classroom.roster import read_roster
    from grader.reports import export

    root = _root(options)
    lines = []
    for name in options.assignments:
        of_one = read_results(results_path(root, name), name)
        lines += _final(options, root, of_one, required=name if options.gradebook else "")
    grades = export.collect(_titles(options), lines, read_roster(root), partial=options.partial)
    text = export.text_of(grades, options.format)
    if options.to is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())
    else:
        write_whole(options.to, text)
        print(f"{len(grades.learners)} students: {short(options.to)}")
    for note in grades.notes(options.format):
        print(f"Note: {note}", file=sys.stderr)
    return 0


def _titles(options: argparse.Namespace) -> dict[str, str]:
    """What the other system calls the assignments, in the order of the call."""
    titles = {name: name for name in options.assignments}
    for text in options.title:
        name, equals, title = text.partition("=")
        if not equals or not title.strip() or name not in titles:
            raise CallError(f"--title {text!r} is not one of the assignments, an equals sign and a title.")
        titles[name] = title.strip()
    return titles


def _final(
    options: argparse.Namespace, root: Path, lines: Sequence[Mapping[str, Any]], required: str = ""
) -> list[dict[str, Any]]:
    """The lines with points and comments that a person gave, wherever there is a gradebook.

    Raises CallError when the REQUIRED assignment is not in it.
    """
    from grader.classroom import asked
    from grader.classroom.late import late_of
    from grader.reports.by_hand import final_lines, older
    from grader.review.journal import Journal

    given, there = None, options.database or (root / "gradebook.db").is_file()
    if required and not there:
        raise CallError(f"There is no gradebook here. Run `grader gradebook {required}`.")
    if lines and there:
        from grader.reports import gradebook

        url = options.database or gradebook.database_url(root)
        given = gradebook.given(url, lines[0]["assignment"])
        if given is None and required:
            shown = gradebook.shown_url(url)
            raise CallError(f"{required} is not in the gradebook {shown}. Run `grader gradebook {required}`.")
    if given and (stale := older(lines, given)):
        print(
            f"Note: the gradebook holds older marks of {printable(', '.join(stale))}. "
            f"Run `grader gradebook {lines[0]['assignment']}`.",
            file=sys.stderr,
        )
    if not lines:
        return []
    assignment = str(lines[0]["assignment"])
    final = final_lines(lines, given or {}, late_of(root, assignment, lines))
    questions = asked.read(asked.place(root, assignment))
    journal = Journal(root / STATE / assignment / "review.jsonl")
    for line in final:
        for task in line["tasks"]:
            task["asked"] = questions.get((line["student"], task["id"]), [])
            if task["by_hand"]:
                task["earned"] = journal.earned(line["student"], task["id"], task["points"])
    return final
