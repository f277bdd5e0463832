"""The commands about the bank of questions: its lint, and a learner's report of an item."""

import argparse
import datetime
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from grader.whereabouts import CallError, root_or_refuse, short

Command = Callable[[str, object, str], argparse.ArgumentParser]


def add(command: Command) -> None:
    """Add the commands to `grader`."""
    report = command("report-item", _report, "write down what is wrong with a question, in a file to send")
    report.add_argument("item", metavar="LESSON/ID", help="the item's name, as it stands beside the question")
    report.add_argument("words", help="what is wrong, in quotes")
    report.add_argument("--to", type=Path, help="folder to write to (default: item-reports/)")


def lint_bank(options: argparse.Namespace) -> int:
    """`grader lint --questions`: exit status 1 when the bank is not in order."""
    from grader.bank.facts import FactError
    from grader.bank.items import load_bank
    from grader.bank.lint import RULES, lint

    if unknown := sorted(set(options.only) - set(RULES)):
        raise CallError(f"The bank's lint has no rule {unknown[0]!r}; it has: {', '.join(RULES)}.")
    if options.assignments:
        raise CallError("--questions looks at the whole bank: name no assignment.")
    source = _source(options)
    try:
        findings = lint(source, frozenset(options.only))
    except FactError as error:
        raise CallError(f"The facts are not in order: {error}.") from None
    for finding in findings:
        print(finding)
    if findings:
        return 1
    kinds = Counter("knowledge check" if item.is_check else item.kind for item in load_bank(source))
    print(f"In order: {sum(kinds.values())} items ({', '.join(f'{n} {kind}' for kind, n in kinds.items())}).")
    return 0


def _source(options: argparse.Namespace) -> Path:
    source = root_or_refuse(options.course or Path.cwd()) / "course" / "source"
    if not (source / "questions").is_dir():
        raise CallError(f"There is no bank of questions here: {short(source / 'questions')} is missing.")
    return source


def _report(options: argparse.Namespace) -> int:
    from grader.bank.item_report import ReportError, item_named, write_report
    from grader.bank.items import BankError, load_bank

    source = _source(options)
    try:
        item = item_named(load_bank(source), options.item)
        folder = options.to or source.parents[1] / "item-reports"
        path = write_report(item, options.words, folder, datetime.datetime.now(datetime.UTC))
    except (ReportError, BankError) as error:
        raise CallError(str(error)) from None
    print(
        f"Written: {short(path)}. Send this file to whoever looks after the course. Your name is not in it."
    )
    return 0
