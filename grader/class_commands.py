"""The commands for what comes after grading a class; each reads the results that `grader autograde` wrote."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grader.whereabouts import STATE, CallError, root_or_refuse, short

Command = Callable[[str, object, str], argparse.ArgumentParser]
"""Name, function and help of a command; gives the parser of its options."""


def add(command: Command) -> None:
    """Add the commands to `grader`."""
    show = command("show", _show, "print results with their reasons")
    _takes_results(show)
    feedback = command("feedback", _feedback, "write a page for each learner: mark, reasons, where to read")
    _takes_results(feedback)
    _takes_submitted(feedback)
    feedback.add_argument("--to", type=Path, help="folder to write to (default: feedback/)")
    gradebook = command("gradebook", _gradebook, "put results into nbgrader's gradebook")
    _takes_results(gradebook)
    _takes_submitted(gradebook)
    gradebook.add_argument("--database", help="URL of nbgrader's database (default: gradebook.db here)")


def _takes_results(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("assignment")
    parser.add_argument("--results", type=Path, help="default: .grader/<assignment>/results.jsonl")


def _takes_submitted(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--submitted", type=Path, help="folder <student>/<assignment>/ (default: submitted/)")


def _root(options: argparse.Namespace) -> Path:
    return root_or_refuse(options.course or Path.cwd())


def _results(options: argparse.Namespace, root: Path) -> list[dict[str, Any]]:
    """Raises CallError when there are none, or not of this assignment."""
    from grader import results

    path: Path = options.results or root / STATE / options.assignment / "results.jsonl"
    if not path.is_file():
        raise CallError(
            f"There are no results in {short(path)}. Run `grader autograde {options.assignment}`."
        )
    try:
        lines = results.read(path)
        others = {line["assignment"] for line in lines} - {options.assignment}
    except (ValueError, KeyError, TypeError) as error:
        raise CallError(f"{short(path)} does not hold results ({error}). Grade again.") from None
    if others:
        raise CallError(
            f"{short(path)} holds results of {', '.join(sorted(others))}, not of {options.assignment}."
        )
    return lines


def _show(options: argparse.Namespace) -> int:
    from grader.text_report import text_of

    for line in _results(options, _root(options)):
        print(text_of(line))
    return 0


def _feedback(options: argparse.Namespace) -> int:
    from grader.feedback import write_pages
    from grader.plan import load_plan

    root = _root(options)
    lines = _results(options, root)
    target = options.to or root / "feedback"
    plan = load_plan(root, options.assignment)
    written = write_pages(root, plan, lines, options.submitted or root / "submitted", target)
    print(
        f"{len(written)} page{'s' * (len(written) != 1)}: {short(target)}/<student>/{options.assignment}.html"
    )
    return 0


def _gradebook(options: argparse.Namespace) -> int:
    from grader.plan import load_plan

    root = _root(options)
    lines = _results(options, root)
    plan = load_plan(root, options.assignment)

    from grader import gradebook

    url = options.database or gradebook.database_url(root)
    count = gradebook.save(root, plan, lines, options.submitted or root / "submitted", url)
    print(f"{count} of {len(lines)} students are in the gradebook {url}.")
    if left := [f"{line['student']} ({line['status']})" for line in lines if line["status"] != "graded"]:
        print(f"Not in it: {', '.join(left)}.")
    return 0
