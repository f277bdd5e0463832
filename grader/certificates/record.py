"""A learner's record of work: what `grader mark` said last, and the course exam as it was practised."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from grader.certificates.document import Graded
from grader.certificates.exam_results import practised
from grader.certificates.graded import of_exam, of_line
from grader.classroom import results
from grader.whereabouts import STATE, CallError

CRITERIA = (
    "Nothing had to be reached: it tells what the learner's own computer marked, hidden cases included."
)


def marked(root: Path, tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """The lines of `grader mark`, by assignment. What was left out is told."""
    found = []
    for path in sorted((root / STATE / "mark").glob("*/results.jsonl")):
        try:
            (line,) = results.read(path)
            fits = line["assignment"] == path.parent.name and line["status"] == "graded"
        except (ValueError, KeyError, TypeError):
            fits = False
        if fits:
            found.append(line)
        else:
            tell(
                f"{path.parent.name}: left out, as its last mark is none. Run: grader mark {path.parent.name}"
            )
    return found


def parts(root: Path, tell: Callable[[str], None]) -> tuple[Graded, ...]:
    """All that a record tells. Raises CallError where nothing was marked yet."""
    lines = marked(root, tell)
    if not lines:
        raise CallError("Nothing is marked yet. Run `grader mark NAME` for each assignment first.")
    exam = practised(root)
    return (*map(of_line, lines), *([of_exam(exam)] if exam else ()))


def hand_in(root: Path, assignment: str) -> Path:
    """The notebook that was marked: the one whose digest the record tells."""
    (found,) = (root / STATE / "mark" / assignment / "submitted").glob(f"*/{assignment}/{assignment}.ipynb")
    return found
