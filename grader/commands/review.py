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
from grader.whereabouts import STATE, CallError, root_or_refuse
from lab.machine.whole_files import write_whole

if TYPE_CHECKING:
    from grader.review.desk import Desk

Command = Callable[[str, object, str], argparse.ArgumentParser]


def add(command: Command) -> None:
    """Add the command to `grader`."""
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
    question.add_argument("mark", metavar="STUDENT/TASK")
    question.add_argument("text", nargs="?", default="", help="what the learner asks")
    question.add_argument("--answer", metavar="TEXT", default="", help="what you answer")


def _question(options: argparse.Namespace) -> int:
    from grader.classroom import asked

    root, name = root_or_refuse(options.course or Path.cwd()), options.assignment
    student, _, task = options.mark.partition("/")
    lines = read_results(results_path(root, name), name)
    known = {(line["student"], mark["id"]) for line in lines for mark in line["tasks"]}
    if (student, task) not in known:
        raise CallError(f"The results of {name} have no mark {options.mark!r}; write STUDENT/TASK.")
    if not options.text and not options.answer:
        raise CallError("Write what the learner asks, or what you answer (--answer).")
    path = asked.place(root, name)
    if options.text:
        asked.ask(path, student, task, options.text)
    if options.answer:
        asked.answer(path, student, task, options.answer)
    print(f"Kept with {options.mark}. It is on the page of `grader feedback {name}` from the next time on.")
    return 0


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
