"""The command `grader`: marks for a learner and for a class.

Exit status: 0 done, 1 the work failed, 2 the call was wrong (nothing was written), 130 stopped by Ctrl-C.
"""

import argparse
import datetime
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from grader import whereabouts
from grader.commands import certificates, classes, exams, grading, questions, review
from grader.tasks.declaration import AuthoringError
from grader.whereabouts import CallError, exercise_names, meant, short
from lab.machine.command_line import parse
from lab.machine.streams import bear_any_encoding, begin_in_utf8

IN_A_NOTEBOOK = {
    name: f'It is called in the notebook, in a cell of its own: {name}("the task\'s name").'
    for name in ("check", "hint", "solution", "case", "variant")
}


def main(arguments: Sequence[str] | None = None) -> int:
    if arguments is None:
        begin_in_utf8()
    bear_any_encoding()
    asked = parser()
    options = parse(asked, arguments, IN_A_NOTEBOOK)
    if not hasattr(options, "run"):
        asked.print_help()
        return 0
    try:
        _complete(options)
        return int(options.run(options) or 0)
    except CallError as error:
        return _say(str(error), 2)
    except AuthoringError as error:
        return _say(f"The assignment's checks are not in order: {error}", 2)
    except KeyboardInterrupt:
        return _say("Stopped. What was graded is kept: run the same command again to go on.", 130)
    except BrokenPipeError:  # `grader show | head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        return _say(f"{error.strerror or error}{where}. Nothing half-written is left behind.", 1)


def _complete(options: argparse.Namespace) -> None:
    """A unique beginning of an assignment's name is enough: 02 for 02-shards."""
    root = whereabouts.find_root((options.course or Path.cwd()).resolve())
    if root is not None and isinstance(getattr(options, "assignment", None), str):
        options.assignment = meant(exercise_names(root), options.assignment)
    if root is not None and isinstance(getattr(options, "assignments", None), list):
        options.assignments = [meant(exercise_names(root), name) for name in options.assignments]


def _say(words: str, status: int) -> int:
    print(f"\ngrader: {words}" if status == 130 else f"grader: {words}", file=sys.stderr)
    return status


def _root(options: argparse.Namespace) -> Path:
    return whereabouts.root_or_refuse(options.course or Path.cwd())


def _mark(options: argparse.Namespace) -> int:
    from grader.commands.handin import mark_own

    root = _root(options)
    print(f"{_as_saved(root, options.assignment)}. Hidden cases are drawn anew each time.")
    _tell(root, mark_own(root, options.assignment))
    return 0


def _as_saved(root: Path, assignment: str) -> str:
    from grader.commands.handin import own_notebook

    path = own_notebook(root, assignment)
    saved = datetime.datetime.fromtimestamp(path.stat().st_mtime)
    return f"{short(path)}, as saved at {saved:%H:%M}"


def _tell(root: Path, line: Mapping[str, Any]) -> None:
    """The mark of one's own notebook, and what may be wrong with the file."""
    from grader.commands.handin import forgotten
    from grader.reports.text_report import text_of

    print(text_of(line))
    for task in forgotten(root, line):
        print(f"      ! {task} was better when you last checked it. Is the notebook saved, the answer in it?")
    if line["tasks"] and all(task["outcome"] == "not_attempted" for task in line["tasks"]):
        print("      ! There is no answer in it. Is it saved, and is it the notebook that you worked in?")


def _submit(options: argparse.Namespace) -> int:
    from grader.commands.handin import hand_in, mark_own, named

    root = _root(options)
    learner = named(root)
    done = hand_in(root, options.assignment, options.to or root / "submitted", options.zip, learner)
    print(f"Handed in as {learner}: {short(done.path)}")
    if done.modules:
        print(f"With it goes: {', '.join(done.modules)}")
    if done.kept:
        print(f"Your earlier hand-in is kept: {short(done.kept)}")
    for note in done.notes:
        print(f"! {note}")
    print(f"What the grader finds in it ({_as_saved(root, options.assignment)}):", flush=True)
    try:
        line = mark_own(root, options.assignment)
    except (CallError, AuthoringError) as reason:
        print(f"It was not tried. {reason} Then: grader mark {options.assignment}")
        return 0
    except KeyboardInterrupt:
        print("Stopped. It is handed in all the same.")
        return 0
    _tell(root, line)
    if line["status"] != "graded":
        return _say("It is handed in, and cannot be graded as it is. Mend it and hand it in again.", 1)
    return 0


def _whoami(options: argparse.Namespace) -> int:
    root = _root(options)
    before = whereabouts.learner_name(root)
    if options.name:
        whereabouts.set_learner_name(root, " ".join(options.name))
    now = whereabouts.learner_name(root)
    changed = (
        f" (was: {before}). Where a task has numbers of your own, they are others now: run its cells again."
    )
    print(now + (changed if now != before else ""))
    return 0


def _progress(options: argparse.Namespace) -> int:
    from grader.notebook.overview import overview

    root = _root(options)
    try:
        print(overview(root))
    except ValueError as error:
        return _say(
            f"The course's index, {short(root / 'course' / 'source' / 'course.toml')}, is damaged: {error}", 1
        )
    return 0


def _reset(options: argparse.Namespace) -> int:
    from grader.commands.handin import reset_task, task_names

    assignment, _, task = options.task.partition("/")
    root = _root(options)
    names = exercise_names(root)
    for name in names:
        if not task and assignment not in names and assignment in task_names(root, name):
            raise CallError(
                f"There is no exercise {assignment!r} here. It is a task of {name}: "
                f"grader reset {name}/{assignment}"
            )
    assignment = meant(names, assignment)
    known = task_names(root, assignment)
    if not task:
        raise CallError(f"Name a task too, like {assignment}/{known[0]}. The tasks: {', '.join(known)}.")
    task = meant(known, task)
    if task in known and not options.saved:
        _wait_for_saving(f"grader reset {assignment}/{task} --saved")
    backup = reset_task(root, assignment, task)
    print(f"{task} is back to the stub. Your notebook as it was: {short(backup)}.")
    print(
        "In JupyterLab: File > Reload Notebook from Disk. If it asks: Revert, as all that you saved is there."
    )
    return 0


def _wait_for_saving(again: str) -> None:
    """What stands unsaved in a browser would be lost. Raises CallError where nobody can press a key."""
    words = "Is the notebook open in JupyterLab? Save it there first (File > Save Notebook)"
    if not sys.stdin.isatty():
        raise CallError(f"{words}: what is not saved would be lost. Then: {again}")
    print(f"{words}: what is not saved would be lost.")
    try:
        input("When it is saved, press Enter here; Ctrl-C leaves everything as it is. ")
    except EOFError:
        raise CallError(f"Nothing was changed. When the notebook is saved: {again}") from None
    except KeyboardInterrupt:
        raise CallError("Stopped. Nothing was changed.") from None


def _release(options: argparse.Namespace) -> int:
    from grader.authoring.release import ReleaseError, release

    try:
        for name, version in release(_root(options), options.assignments):
            print(f"exercises/{name}: version {version}")
    except ReleaseError as error:
        return _say(str(error), 1)
    return 0


def _lint(options: argparse.Namespace) -> int:
    if options.questions:
        return questions.lint_bank(options)
    from grader.authoring.lint import RULES, lint
    from grader.engine.plan import assignments

    if unknown := sorted(set(options.only) - set(RULES)):
        raise CallError(f"The lint has no rule {unknown[0]!r}; it has: {', '.join(RULES)}.")
    root = _root(options)
    count = 0
    for name in options.assignments or assignments(root):
        for finding in lint(root, name, frozenset(options.only), print):
            print(f"{name}: {finding}")
            count += 1
    if not count:
        print("In order.")
    return 1 if count else 0


def _doctor(_options: argparse.Namespace) -> int:
    from grader.walls import sandbox

    for line in sandbox.findings():
        print(line)
    return 0 if sandbox.tier() == "full" else 1


def _text(options: argparse.Namespace) -> int:
    from grader.authoring.twins import differing, pairs, update

    apart = 0
    for text, notebook in pairs(_root(options)):
        if options.check:
            words = differing(text, notebook)
            apart += words is not None
            print(words or f"{text.name}: in step")
        else:
            update(text, notebook)
            print(f"{short(notebook)} from {short(text)}")
    return 1 if apart else 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="grader", description="Marks for the Kinesis course.")
    top.add_argument("--course", type=Path, help="the course's folder (default: the one you are in)")
    commands = top.add_subparsers(metavar="COMMAND")

    def command(name: str, run: object, words: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=words, description=words)
        made.set_defaults(run=run)
        return made

    mark = command("mark", _mark, "mark your own notebook in full, hidden cases included")
    mark.add_argument("assignment")
    submit = command("submit", _submit, "write your notebook where the instructor collects it")
    submit.add_argument("assignment")
    submit.add_argument("--to", type=Path, help="folder to write to (default: submitted/)")
    submit.add_argument("--zip", action="store_true", help="one zip file, to upload")
    whoami = command("whoami", _whoami, "show your name, or set it: your numbers and hand-ins go by it")
    whoami.add_argument("name", nargs="*", help="it may have several words: Ada Lovelace")
    command("progress", _progress, "how far you are on the way through the course")
    reset = command("reset", _reset, "put one task back to its stub; your notebook is kept in backups/")
    reset.add_argument("task", metavar="ASSIGNMENT/TASK")
    reset.add_argument("--saved", action="store_true", help="the notebook is saved: do not wait for it")
    review.add_ask(command)
    questions.add(command)
    certificates.add(command)
    exams.add(command)
    _instructor_commands(command)
    return top


def _instructor_commands(command: object) -> None:
    assert callable(command)
    grading.add(command)
    classes.add(command)
    review.add(command)
    release = command("release", _release, "make exercises/ from solutions/")
    release.add_argument("assignments", nargs="*")
    lint = command("lint", _lint, "prove that assignments are in order, by grading right and wrong answers")
    lint.add_argument("assignments", nargs="*")
    lint.add_argument("--only", action="append", default=[], metavar="RULE", help="apply this rule alone")
    lint.add_argument("--questions", action="store_true", help="the bank of questions, not assignments")
    command("doctor", _doctor, "can this machine grade untrusted work? what the sandbox covers and what not")
    text = command("text", _text, "make the notebooks from their edited text twins")
    text.add_argument("--check", action="store_true", help="only say which are out of step")


if __name__ == "__main__":
    sys.exit(main())
