"""The course exam's results: a learner's own, of practice; and a class's, which the instructor's computer
marked."""

from pathlib import Path
from typing import Any

from grader.exams.results import read_all

COURSE_EXAM = "course"
CLASS, PRACTICE = "class", "practice"


def latest(root: Path, mode: str, learner: str | None = None) -> dict[str, Any] | None:
    """The last course exam of this mode in the course's folder of results; of a learner, where one is
    named."""
    found, _ = read_all(root)
    fitting = [
        result
        for result in found
        if result["exam"] == COURSE_EXAM and result["mode"] == mode and learner in (None, result["learner"])
    ]
    return fitting[-1] if fitting else None
