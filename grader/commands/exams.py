"""The commands about exams: `grader exam`, and those under it for a class's exam."""

import argparse
import asyncio
import datetime
import getpass
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from grader.whereabouts import STATE, CallError, check_name, root_or_refuse, short
from lab.machine.whole_files import write_whole

if TYPE_CHECKING:
    from grader.bank.items import Item
    from grader.exams.class_exam import ClassExam
    from grader.exams.desk import Desk

Command = Callable[[str, object, str], argparse.ArgumentParser]
TIME = "2026-12-01T09:00:00+01:00"


def add(command: Command) -> None:
    """Add the commands to `grader`."""
    exam = command("exam", _practice, "practice exams and the course exam, in the browser")
    _takes_place(exam)
    parts = exam.add_subparsers(metavar="[open | sit | grade]", title="for a class")

    def part(name: str, run: object, words: str) -> argparse.ArgumentParser:
        made = parts.add_parser(name, help=words, description=words)
        made.set_defaults(run=run)
        made.add_argument("exam" if name != "sit" else "paper", type=Path if name == "sit" else str)
        return made

    opened = part("open", _open, "open an exam for a class: a sealed paper and a token for each learner")
    opened.add_argument("--from", dest="opens", required=True, metavar="TIME", help=f"such as {TIME}")
    opened.add_argument("--until", dest="closes", required=True, metavar="TIME", help="in the same form")
    opened.add_argument("--like", default="course", help="the exam whose shape it has (default: course)")
    opened.add_argument("--items", type=Path, help="folder of your own items (default: exam-items/)")
    opened.add_argument("--with-bank", action="store_true", help="the practice bank too: its keys are public")
    opened.add_argument("--count", type=int, help="items (default: as the exam that it is like)")
    opened.add_argument("--minutes", type=int, help="default: in proportion to the items")
    opened.add_argument("--learner", action="append", default=[], help="default: everybody in roster.csv")
    opened.add_argument("--to", type=Path, help="folder for the papers (default: exam-papers/)")
    sit = part("sit", _sit, "sit a class's exam from its paper")
    _takes_place(sit)
    sit.add_argument("--to", type=Path, help="folder for the answers (default: submitted/)")
    grade = part("grade", _grade, "mark the answers of a class")
    grade.add_argument("--submitted", type=Path, help="default: submitted/")


def _takes_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--terminal", action="store_true", help="in this terminal, without a browser")
    parser.add_argument("--port", type=int, help="of the page (default: 8127, or a free one)")
    parser.add_argument("--no-browser", action="store_true", help="only say where the page is")


def _root(options: argparse.Namespace) -> Path:
    return root_or_refuse(options.course or Path.cwd())


def _practice(options: argparse.Namespace) -> int:
    from grader.bank.items import BankError
    from grader.exams.blueprint import BlueprintError
    from grader.exams.practice import Practice

    root = _root(options)
    try:
        practice = Practice(root)
    except (BankError, BlueprintError, FileNotFoundError) as error:
        raise CallError(f"The bank of questions is not in order: {error}") from None
    return _at(practice, root, options)


def _at(desk: "Desk", root: Path, options: argparse.Namespace) -> int:
    from grader.exams.sitting import SittingError
    from lab.errors import LabError

    try:
        if options.terminal:
            from grader.exams import terminal

            terminal.run(desk)
        else:
            from grader.exams import page_server

            asyncio.run(page_server.run(desk, root, options.port, browser=not options.no_browser))
    except (SittingError, LabError) as error:
        raise CallError(str(error)) from None
    except KeyboardInterrupt:
        print("\nWhat you chose is kept. Call the same command again to go on.")
    return 0


def _open(options: argparse.Namespace) -> int:
    from grader.classroom.roster import read_roster
    from grader.exams.class_exam import OWN, Opening, open_exam, place_of

    root = _root(options)
    learners = [check_name(name) for name in options.learner]
    learners = learners or [learner.student for learner in read_roster(root) or ()]
    asked = Opening(
        root=root,
        name=options.exam,
        like=options.like,
        opens=_time(options.opens, "--from"),
        closes=_time(options.closes, "--until"),
        learners=list(dict.fromkeys(learners)),
        folder=(options.items or root / OWN).resolve(),
        with_bank=options.with_bank,
        count=options.count,
        minutes=options.minutes,
    )
    target = options.to or root / "exam-papers"
    exam = open_exam(asked, target)
    print(f"{exam.title}: {len(exam.items)} items, {exam.minutes} minutes.")
    print(f"Papers: {short(target)}/{exam.name}-<learner>.paper.json. Send each learner their own.")
    print(f"Tokens: {short(place_of(root, exam.name).parent / 'tokens.csv')}. Give them out when it begins.")
    if exam.with_bank:
        print("Learners can read the keys of the practice bank's items.")
    return 0


def _time(text: str, option: str) -> datetime.datetime:
    try:
        time = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise CallError(f"{option} {text!r} is no time; write it like {TIME}.") from None
    if time.tzinfo is None:
        raise CallError(f"{option} {text!r} has no zone; write it like {TIME}.")
    return time


def _sit(options: argparse.Namespace) -> int:
    from grader.exams.paper import Paper
    from grader.exams.seal import SealError

    root = _root(options)
    if not options.paper.is_file():  # said before the token is asked for
        raise CallError(f"There is no paper {options.paper}. Name the file that your instructor sent you.")
    token = getpass.getpass("Your token for this exam: ")
    try:
        paper = Paper(root, options.paper, token, options.to or root / "submitted")
    except SealError as error:
        raise CallError(str(error)) from None
    return _at(paper, root, options)


def _grade(options: argparse.Namespace) -> int:
    from grader.exams.class_exam import load_exam, titles
    from grader.exams.grading import grade

    root = _root(options)
    exam = load_exam(root, options.exam)
    submitted = options.submitted or root / "submitted"
    if not submitted.is_dir():
        raise CallError(f"There is no folder {short(submitted)}. Name that of the hand-ins by --submitted.")
    items = _items(root, exam)
    for name in exam.changed(items):
        print(f"Note: {name} has a new version since the exam was opened; all are marked by it.")
    lines = grade(exam, items, titles(root, exam.like), submitted, list(exam.tokens))
    folder = root / STATE / "exams" / exam.name
    for line in lines:
        print(_told(line))
        if line["status"] == "graded":
            write_whole(folder / "results" / f"{line['learner']}.json", json.dumps(line, indent=2) + "\n")
    write_whole(folder / "results.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    counts = Counter(str(line["status"]) for line in lines)
    print(f"{', '.join(f'{n} {status}' for status, n in counts.items())}: {short(folder / 'results.jsonl')}")
    return 0


def _items(root: Path, exam: "ClassExam") -> "dict[str, Item]":
    from grader.exams.class_exam import own_items

    return own_items(root, Path(exam.folder), exam.with_bank)


def _told(line: dict[str, object]) -> str:
    from grader.reports.printable import printable

    words = f"{line['learner']}: {line['status']}"
    if line["status"] == "graded":
        words = f"{line['learner']}: {line['points']} of {line['max_points']}, pass line {line['pass_line']}"
        late = line["late_seconds"]
        if isinstance(late, float) and late:
            words += f", handed in {datetime.timedelta(seconds=round(late))} late"
    warnings = line["warnings"]
    assert isinstance(warnings, list)
    return printable("\n    ".join([words, *warnings]))
