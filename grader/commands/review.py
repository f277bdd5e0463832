"""`grader review`: the page on which a person marks what only a person can."""

import argparse
import asyncio
import hashlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.commands.classes import DATABASE_HELP, collected, read_results, results_path, write_gradebook
from grader.reports.printable import printable
from grader.whereabouts import STATE, CallError, exercise_names, meant, root_or_refuse, short
from lab.machine.whole_files import write_whole

if TYPE_CHECKING:
    from grader.classroom.roster import Directory
    from grader.review.desk import Desk

Command = Callable[[str, object, str], argparse.ArgumentParser]


def add_ask(command: Command) -> None:
    """Add the learner's command to `grader`."""
    ask = command("ask", _ask, "ask about a mark of yours: writes a file to send to your instructor")
    ask.add_argument("task", metavar="ASSIGNMENT/TASK", help="as they stand on the feedback page")
    ask.add_argument("text", help="what you ask, in quotes")
    ask.add_argument("--to", type=Path, help="folder to write to (default: mark-questions/)")


def add(command: Command) -> None:
    """Add the instructor's commands to `grader`."""
    review = command("review", _review, "mark by hand, on a page: rubric, comments, the same answers once")
    review.add_argument("assignment")
    review.add_argument("--all", action="store_true", help="all tasks, not only those that a person marks")
    review.add_argument("--hide-names", action="store_true", help="begin without names (on the page: h)")
    review.add_argument("--results", type=Path, help="default: .grader/<assignment>/results.jsonl")
    review.add_argument("--submitted", type=Path, help="as autograde had it (default: submitted/)")
    review.add_argument("--database", metavar="URL", help=DATABASE_HELP)
    review.add_argument("--port", type=int, help="port of the page (default: 8767, or a free one)")
    review.add_argument("--no-browser", action="store_true", help="only print the page's address")

    question = command("question", _question, "keep a learner's question about a mark, or answer it")
    question.add_argument("assignment")
    question.add_argument("mark", metavar="STUDENT/TASK", nargs="?", default="")
    question.add_argument(
        "--from", type=Path, nargs="+", default=[], dest="files", metavar="FILE",
        help="files that learners made with `grader ask`",
    )  # fmt: skip
    question.add_argument("text", nargs="?", default="", help="what the learner asks")
    question.add_argument("--answer", metavar="TEXT", default="", help="what you answer")


def _ask(options: argparse.Namespace) -> int:
    from grader.classroom.asked import Sent, write_question
    from grader.commands.handin import graded_names, named

    root = root_or_refuse(options.course or Path.cwd())
    assignment, _, task = options.task.partition("/")
    assignment = meant(exercise_names(root), assignment)
    known = graded_names(root, assignment)
    if (task := meant(known, task)) not in known:
        raise CallError(
            f"Name a task of {assignment}, like {assignment}/{known[0]}. The tasks: {', '.join(known)}."
        )
    learner = named(root)
    path = write_question(
        options.to or root / "mark-questions", Sent(learner, assignment, task, options.text)
    )
    print(f"Written, as {learner}: {short(path)}. Send this file to your instructor.")
    print("The answer will stand on your feedback page.")
    return 0


def _question(options: argparse.Namespace) -> int:
    from grader.classroom import asked
    from grader.classroom.roster import Directory, read_roster

    root, name = root_or_refuse(options.course or Path.cwd()), options.assignment
    lines = read_results(results_path(root, name), name)
    known = {(line["student"], mark["id"]) for line in lines for mark in line["tasks"]}
    path = asked.place(root, name)
    if options.files:
        return _take_questions(options, path, known, Directory(read_roster(root) or ()))
    student, _, task = options.mark.partition("/")
    if (student, task) not in known:
        raise CallError(f"The results of {name} have no mark {options.mark!r}; write STUDENT/TASK.")
    if not options.text and not options.answer:
        raise CallError("Write what the learner asks, or what you answer (--answer).")
    if options.text:
        asked.ask(path, student, task, options.text)
    if options.answer:
        asked.answer(path, student, task, options.answer)
    print(f"Kept with {options.mark}. It is on the page of `grader feedback {name}` from the next time on.")
    return 0


def _take_questions(
    options: argparse.Namespace, path: Path, known: set[tuple[str, str]], roster: "Directory"
) -> int:
    """Keep what learners sent. What is wrong with one is told, and costs the others nothing."""
    from grader.classroom import asked

    taken = 0
    for file in options.files:
        try:
            sent = asked.read_question(file)
            # As a course system's files: by the roster's names, where the learner's own is no folder's.
            named = sent.student if (sent.student, sent.task) in known else roster.find("", sent.student)
            student, _, task = (options.mark or f"{named or sent.student}/{sent.task}").partition("/")
            _check_question(sent.assignment, options.assignment, (student, task), known, file)
        except CallError as reason:
            print(printable(f"Not taken: {reason}"), file=sys.stderr)
            continue
        there = [one["question"] for one in asked.read(path).get((student, task), ())]
        if sent.question not in there:
            asked.ask(path, student, task, sent.question)
        words = "known already" if sent.question in there else "kept"
        print(printable(f"{student}/{task}, {words}: {sent.question}"))
        taken += 1
    if taken:
        print("Whose question it is, a file alone does not prove: look who sent it.")
        print(f"Answer it on the page of `grader review {options.assignment}`, or with --answer.")
    return 0 if taken == len(options.files) else 1


def _check_question(
    assignment: str, wanted: str, mark: tuple[str, str], known: set[tuple[str, str]], file: Path
) -> None:
    """Raises CallError where the question is about no mark that is here."""
    if assignment != wanted:
        raise CallError(f"{file} asks about {assignment}, not about {wanted}.")
    if mark not in known:
        raise CallError(
            f"{file} asks about {'/'.join(mark)}, and the results of {wanted} have no such mark. Say whose "
            f"it is: grader question {wanted} STUDENT/TASK --from {file}"
        )


def _review(options: argparse.Namespace) -> int:
    from grader.review import page_server

    desk = _desk(options)
    asyncio.run(page_server.run(desk, options.port, not options.no_browser))
    return 0


def _bring_up_to_date(options: argparse.Namespace, root: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    """Put the results into the gradebook, unless these are what was put there last: it takes a while."""
    place = root / STATE / options.assignment / "in-gradebook"
    told = json.dumps([options.database, list(lines)], sort_keys=True)
    digest = hashlib.sha256(told.encode("utf-8", "backslashreplace")).hexdigest()
    there = options.database is not None or (root / "gradebook.db").is_file()
    if there and place.is_file() and place.read_text(encoding="utf-8") == digest:
        return
    write_gradebook(options, root, lines)
    write_whole(place, digest)


def _desk(options: argparse.Namespace) -> "Desk":
    """The desk of this assignment, with its marks in the gradebook. Raises CallError."""
    from grader.classroom import asked
    from grader.classroom.roster import read_roster
    from grader.engine.plan import load_plan
    from grader.review.desk import Desk
    from grader.review.hand_ins import pieces, questions
    from grader.review.journal import Journal
    from grader.review.page_server import html_of

    root, name = root_or_refuse(options.course or Path.cwd()), options.assignment
    plan, asked_place = load_plan(root, name), asked.place(root, name)
    lines = read_results(options.results or results_path(root, name), name)
    known = questions(root, plan)
    wanted = known if options.all else {task: one for task, one in known.items() if one.by_a_person}
    if not wanted:
        raise CallError(f"No task of {name} is marked by a person. To mark others by hand: --all.")
    _bring_up_to_date(options, root, lines)
    folder = collected(options, root, lines).folder
    found, unread = pieces(root, plan, lines, folder, wanted)
    if unread:
        print(
            f"Note: not shown, as the notebook changed or went since it was graded: "
            f"{printable(', '.join(unread))}. Run `grader autograde {name}`.",
            file=sys.stderr,
        )
    from grader.reports import gradebook
    from grader.reports.by_hand import ByHand

    url = options.database or gradebook.database_url(root)
    given = gradebook.given(url, name) or {}
    marks = {
        (student, task): ByHand(student, task, one.points.get(task), one.comments.get(task, ""))
        for student, one in given.items()
        for task in {*one.points, *one.comments}
    }
    return Desk(
        name,
        wanted,
        found,
        marks,
        lambda changes: gradebook.give(url, name, changes),
        Journal(root / STATE / name / "review.jsonl"),
        html_of,
        {learner.student: learner.name for learner in read_roster(root) or () if learner.name},
        {(student, task) for student, one in given.items() for task in one.look_again},
        not options.hide_names,
        asked.read(asked_place),
        lambda student, task, text: asked.answer(asked_place, student, task, text),
    )
