"""The course exam's results: a learner's own, of practice; and a class's, which the instructor marked.

A class's stand below `.grader/exams/`, where `grader exam grade` writes them; a learner can't write there. A
file that says that it is a class's and lies elsewhere counts for nothing.
"""

from pathlib import Path
from typing import Any

from grader.exams.results import ResultError, read, read_all
from grader.whereabouts import STATE

COURSE_EXAM = "course"
CLASS, PRACTICE = "class", "practice"

Result = dict[str, Any]


def practised(root: Path) -> Result | None:
    """The learner's last course exam by oneself."""
    found, _ = read_all(root)
    return _last([result for result in found if result["mode"] == PRACTICE])


def of_class(root: Path, learner: str) -> Result | None:
    """A learner's last course exam in a class, as it was marked here. One that came late is no result."""
    found = []
    for path in sorted((root / STATE / "exams").glob("*/results/*.json")):
        try:
            result = read(path)
        except ResultError:
            continue
        marked = result["mode"] == CLASS and result.get("status", "graded") == "graded"
        if marked and result["learner"] == learner and not result.get("late_seconds"):
            found.append(result)
    return _last(found)


def _last(results: list[Result]) -> Result | None:
    fitting = [result for result in results if result["exam"] == COURSE_EXAM]
    return max(fitting, key=lambda result: str(result["finished"]), default=None)
