"""Points and comments that a person gave, put into results: the same in exports, pages and the gradebook.

A person's points stand for the automatic ones of that task. What a person said goes with them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from grader.classroom.late import Late

Line = Mapping[str, Any]


@dataclass(frozen=True)
class ByHand:
    """What a person gives for one task of one learner; points None: none yet, or none any more."""

    student: str
    task: str
    points: float | None
    comment: str


@dataclass(frozen=True)
class Given:
    """What the gradebook holds of one submission."""

    points: Mapping[str, float] = field(default_factory=dict)
    """By task, where a person gave some."""
    comments: Mapping[str, str] = field(default_factory=dict)
    automatic: Mapping[str, float] = field(default_factory=dict)
    """By task, as they were when they were written into the gradebook."""
    penalty: float = 0.0
    """Points, for a late hand-in."""
    look_again: frozenset[str] = frozenset()
    """Tasks whose answer or mark has changed since a person gave points for them."""


def final_lines(
    lines: Sequence[Line], given: Mapping[str, Given], late: Mapping[str, Late] | None = None
) -> list[dict[str, Any]]:
    """The lines with what a person gave, and what lateness costs; GIVEN and LATE by student.

    A task has `by_hand` and `comment` then, a line `penalty` and `late_words`. Without a declared policy the
    penalty is what the gradebook has, by a plugin of nbgrader's.
    """
    return [
        _final(line, given.get(line["student"], Given()), (late or {}).get(line["student"])) for line in lines
    ]


def _final(line: Line, given: Given, late: Late | None) -> dict[str, Any]:
    if line["status"] != "graded":
        return {**line, "penalty": 0.0, "late_words": ""}
    tasks = [_task(task, given) for task in line["tasks"]]
    earned = sum(task["points"] for task in tasks)
    penalty = late.penalty(earned) if late is not None else given.penalty
    words = late.words(earned) if late is not None else ""
    score = max(0.0, round(earned - penalty, 2))
    return {**line, "tasks": tasks, "score": score, "penalty": penalty, "late_words": words}


def _task(task: Line, given: Given) -> dict[str, Any]:
    comment = given.comments.get(task["id"], "")
    points = given.points.get(task["id"])
    if points is None:
        return {**task, "by_hand": False, "comment": comment}
    outcome = "passed" if points >= task["max_points"] else "partial" if points > 0 else "failed"
    return {**task, "points": points, "outcome": outcome, "by_hand": True, "comment": comment}


def older(lines: Sequence[Line], given: Mapping[str, Given]) -> list[str]:
    """The students whose automatic points are others in the gradebook than in the results."""
    return [
        str(line["student"])
        for line in lines
        if line["status"] == "graded" and not _same(line, given.get(line["student"]))
    ]


def _same(line: Line, given: Given | None) -> bool:
    if given is None:
        return False
    ours = {task["id"]: task["points"] for task in line["tasks"] if task["outcome"] != "needs_manual"}
    return all(given.automatic.get(task) == points for task, points in ours.items())
