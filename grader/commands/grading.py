"""The commands that grade a class: here, or on several hosts."""

import argparse
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from grader.reports.printable import printable
from grader.whereabouts import STATE, CallError, root_or_refuse, short

Command = Callable[[str, object, str], argparse.ArgumentParser]
"""Name, function and help of a command; gives the parser of its options."""


def add(command: Command) -> None:
    """Add the commands to `grader`."""
    autograde = command("autograde", _autograde, "grade every submission of an assignment")
    autograde.add_argument("assignment")
    autograde.add_argument(
        "--submitted",
        type=Path,
        help="folder <student>/<assignment>/, or of zips, or a zip (default: submitted/)",
    )
    autograde.add_argument("--results", type=Path, help="default: .grader/<assignment>/results.jsonl")
    autograde.add_argument("--seed", type=Path, help="secret seed of the hidden cases; made when not given")
    autograde.add_argument(
        "--workers",
        type=_count,
        help="processes that grade (default: one for each core; two where the assignment waits for the lab)",
    )
    autograde.add_argument("--trust", action="store_true", help="run the submissions without a sandbox")
    autograde.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="grade on the workers of this Dask scheduler, like tcp://HOST:8786 (docs/grading-at-scale.md)",
    )
    autograde.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="STUDENT[/TASK]",
        help="grade this one again, and no others; may be given several times",
    )
    autograde.add_argument(
        "--checks",
        choices=("release", "today"),
        help="of hand-ins from an earlier release: by the checks it was last graded with, or by today's "
        "(default: what due.toml says, else release)",
    )
    take = command(
        "collect", _collect, "take hand-ins into submitted/, as Canvas and Moodle give them, stamped"
    )
    take.add_argument("assignment")
    take.add_argument("download", type=Path, help="the zip as it came, or a folder of such")
    take.add_argument("--submitted", type=Path, help="where to (default: submitted/)")
    take.add_argument(
        "--at",
        metavar="TIME",
        help="when they were handed in at the latest, like 2026-12-01T23:59:00+01:00, or now (the default, "
        "as long as the assignment is not due)",
    )
    worker = command("worker", _worker, "grade for a Dask scheduler, with this course and this machine's lab")
    worker.add_argument("scheduler", metavar="ADDRESS", help="like tcp://HOST:8786")
    worker.add_argument("--workers", type=_count, help="processes (default: one for each core)")


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _autograde(options: argparse.Namespace) -> int:
    from grader.classroom.autograde import Request, autograde
    from grader.classroom.due import read_checks, read_due, read_rule
    from grader.classroom.roster import read_roster
    from grader.engine.plan import assignments

    root = root_or_refuse(options.course or Path.cwd())
    roster = tuple(read_roster(root) or ())
    checks = options.checks or read_checks(root)
    state = root / STATE / options.assignment
    request = Request(
        root,
        options.assignment,
        options.submitted or root / "submitted",
        options.results or state / "results.jsonl",
        state,
        options.seed,
        options.workers,
        options.trust,
        read_due(root, options.assignment, assignments(root)),
        frozenset(learner.student for learner in roster),
        options.scheduler,
        tuple(options.only),
        read_rule(root),
        todays_checks=checks == "today",
        keeps=True,
        roster=roster,
    )
    live = sys.stderr.isatty()
    graded = autograde(
        request, lambda text: print(f"\r{text}\033[K", end="", file=sys.stderr) if live else None
    )
    if live:
        print(file=sys.stderr)
    lines = graded.lines
    marked = sum(line["status"] == "graded" for line in lines)
    count = f"{len(lines)} student{'s' * (len(lines) != 1)}"
    print(f"{count}: {marked} graded. Results: {short(request.results)}")
    for words in graded.told:
        print(printable(words))
    for line in lines:
        if line["status"] != "graded":
            print(f"  {line['student']}: {line['status']}. {' '.join(line['warnings'])}")
    return 1 if any(line["status"] == "error" for line in lines) else 0


def _collect(options: argparse.Namespace) -> int:
    from grader.classroom.autograde import tell_of
    from grader.classroom.intake import take
    from grader.classroom.roster import read_roster
    from grader.engine.plan import assignments

    root = root_or_refuse(options.course or Path.cwd())
    target = options.submitted or root / "submitted"
    when = _handed_in_at(options, root)
    roster = read_roster(root) or []
    taken = take(options.download, options.assignment, target, when, assignments(root), roster)
    if taken.collected is not None:
        tell_of(taken.collected)
        for student, words in taken.collected.problems.items():
            print(f"Not taken: {printable(student)}. {printable(words)}", file=sys.stderr)
    print(
        f"{len(taken.new)} new, {len(taken.later)} once more (the earlier ones are kept), "
        f"{len(taken.known)} known already: {short(target)}"
    )
    if taken.late:
        print(f"Canvas marks as late: {printable(', '.join(taken.late))}.")
    if taken.strangers:
        print(f"Not in roster.csv: {printable(', '.join(taken.strangers))}.", file=sys.stderr)
    if missing := [one.student for one in roster if not (target / one.student / options.assignment).is_dir()]:
        print(f"Nothing yet from: {printable(', '.join(missing))}.")
    return 0


def _handed_in_at(options: argparse.Namespace, root: Path) -> datetime:
    """With what new hand-ins are stamped. Raises CallError where that would make a whole class late."""
    from grader.classroom.due import parse_time, read_due
    from grader.engine.plan import assignments

    now = datetime.now(UTC)
    if options.at:
        return now if options.at == "now" else parse_time(options.at, "--at")
    due = read_due(root, options.assignment, assignments(root))
    if due is not None and now > due.due + due.grace:
        raise CallError(
            f"{options.assignment} was due at {due.due:%Y-%m-%d %H:%M} UTC, and a download does not say when "
            "each hand-in came. Say when the new ones came at the latest. In time: "
            f"--at {due.due.isoformat()}. Late: --at and a time, or --at now."
        )
    return now


def _worker(options: argparse.Namespace) -> int:
    from grader.workers.remote import serve

    root = root_or_refuse(options.course or Path.cwd())
    serve(options.scheduler, root, options.workers or os.cpu_count() or 1)
    return 0
