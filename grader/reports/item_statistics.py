"""What the results of a class say about the tasks: item statistics, as test theory has them.

Difficulty is the mean share of a task's points that was earned, 0 to 1 (high is easy; what was not attempted
counts as 0). A task that still waits for a person in some hand-ins is left out of every number: nobody knows
yet how hard it is. Discrimination is the correlation of a task's points with the points of all other tasks:
do those who do well elsewhere do well here? (Crocker and Algina, Introduction to Classical and Modern Test
Theory, 1986, chapter 14: the corrected item-total correlation.)
"""

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grader.tasks.declaration import Task

FEWEST_TO_ADVISE = 10
"""Graded submissions below which no advice is drawn from the numbers."""
FEWEST_TO_CORRELATE = 20
"""Below this a correlation's standard error is above 0.2, and it says next to nothing."""

HARD = 0.3
EASY = 0.95
FLAT = 0.1
LEFT_OUT = 0.3
BROKEN = 0.1
UNNAMED = 0.5

STOPPED = ("error", "timeout", "crashed")

Line = Mapping[str, Any]


@dataclass(frozen=True)
class Lost:
    """A part of a task and who lost it."""

    part: str
    says: str
    points: float
    """All learners' together."""
    learners: int


@dataclass(frozen=True)
class Item:
    """One task in the results of a class."""

    id: str
    max_points: float
    judged: int
    """Submissions in which it has a mark."""
    outcomes: Mapping[str, int]
    difficulty: float | None
    discrimination: float | None
    lost: Sequence[Lost]
    misconceptions: Mapping[str, int]
    unnamed: int
    """Attempted, not passed, and no known misconception."""

    def share(self, *outcomes: str) -> float:
        total = sum(self.outcomes.values())
        return sum(self.outcomes.get(name, 0) for name in outcomes) / total if total else 0.0

    @property
    def missed(self) -> int:
        """Attempted and not passed."""
        return self.unnamed + sum(self.misconceptions.values())


@dataclass(frozen=True)
class Statistics:
    assignment: str
    statuses: Mapping[str, int]
    late: int
    scores: Sequence[float]
    max_score: float
    items: Sequence[Item]
    waiting: Mapping[str, int]
    """Tasks that wait for a person, and in how many hand-ins; they are left out of all else."""

    @property
    def graded(self) -> int:
        return len(self.scores)

    def cannot_be_said(self) -> list[str]:
        """What the number of submissions does not allow to say."""
        found = []
        for task, count in self.waiting.items():
            found.append(
                f"{task} waits for a person in {count} hand-in{'s' * (count != 1)}, so it is left out of "
                "every number here."
            )
        if self.graded < FEWEST_TO_ADVISE:
            found.append(
                f"With {self.graded} graded submission{'s' * (self.graded != 1)} every number here may be "
                f"chance; which task to look at is said from {FEWEST_TO_ADVISE} on."
            )
        if self.graded < FEWEST_TO_CORRELATE:
            found.append(f"Discrimination is said from {FEWEST_TO_CORRELATE} graded submissions on.")
        return found

    def advice(self) -> list[str]:
        """Which task to look at, and for what, the most pressing first."""
        if self.graded < FEWEST_TO_ADVISE:
            return []
        found = [(weight, f"{item.id}: {words}") for item in self.items for weight, words in _remarks(item)]
        ordered = [words for _, words in sorted(found, key=lambda entry: -entry[0])]
        return ordered or ["No task stands out."]


def _remarks(item: Item) -> list[tuple[float, str]]:
    """Weight and words of what is remarkable in one task."""
    if item.difficulty is None:
        return []
    found = []
    if (share := item.share(*STOPPED)) >= BROKEN:
        found.append((3 + share, f"{share:.0%} were stopped or could not be judged; is a limit too tight?"))
    if item.discrimination is not None and item.discrimination < FLAT:
        found.append(
            (2 - item.discrimination,
             f"who does well elsewhere does no better here (discrimination {item.discrimination:.2f}); is it "
             "clear what is asked, and does it check that?")
        )  # fmt: skip
    if item.difficulty < HARD:
        found.append((2 - item.difficulty, f"hard: {item.difficulty:.0%} of its points are earned."))
    if (share := item.share("not_attempted")) >= LEFT_OUT:
        found.append((1 + share, f"{share:.0%} have not attempted it; is it found, is it too long?"))
    if item.missed >= 5 and item.unnamed >= UNNAMED * item.missed:
        found.append(
            (1.0, f"{item.unnamed} of {item.missed} wrong answers have no known misconception; read some, "
             "and add a misconception for what you find.")
        )  # fmt: skip
    if item.difficulty > EASY:
        found.append((0.5, f"{item.difficulty:.0%} of its points are earned; it tells few learners apart."))
    return found


def statistics_of(assignment: str, tasks: Sequence[Task], lines: Sequence[Line]) -> Statistics:
    """Of all tasks that stand in the results, in the order of the assignment."""
    waiting = Counter(
        str(mark["id"]) for line in lines for mark in line["tasks"] if mark["outcome"] == "needs_manual"
    )
    graded = [_without(waiting, line) for line in lines if line["status"] == "graded"]
    known = {task.id: task for task in tasks if task.id not in waiting}
    ids = [*known, *(task["id"] for line in graded for task in line["tasks"] if task["id"] not in known)]
    return Statistics(
        assignment,
        Counter(str(line["status"]) for line in lines),
        sum(bool(line["late_seconds"]) for line in lines),
        [line["score"] for line in graded],
        max((line["max_score"] for line in graded), default=0),
        [_item(task_id, known.get(task_id), graded) for task_id in dict.fromkeys(ids)],
        waiting,
    )


def _without(waiting: Mapping[str, int], line: Line) -> Line:
    """The line as if it had no task that waits in any hand-in."""
    left_out = [mark for mark in line["tasks"] if mark["id"] in waiting]
    return {
        **line,
        "tasks": [mark for mark in line["tasks"] if mark["id"] not in waiting],
        "score": max(0, line["score"] - sum(mark["points"] for mark in left_out)),
        "max_score": line["max_score"] - sum(mark["max_points"] for mark in left_out),
    }


def _item(task_id: str, task: Task | None, graded: Sequence[Line]) -> Item:
    marks = [(line, mark) for line in graded for mark in line["tasks"] if mark["id"] == task_id]
    shares = [mark["points"] / mark["max_points"] for _, mark in marks if mark["max_points"]]
    missed = [m for _, m in marks if m["outcome"] not in ("passed", "not_attempted", "skipped")]
    named = Counter(mark["misconception"] for mark in missed if mark["misconception"])
    return Item(
        task_id,
        max((mark["max_points"] for _, mark in marks), default=task.points if task else 0),
        len(marks),
        Counter(mark["outcome"] for _, mark in marks),
        statistics.fmean(shares) if shares else None,
        _discrimination([(m["points"], line["score"] - m["points"]) for line, m in marks]),
        _lost(task, missed) if task else [],
        dict(named.most_common()),
        len(missed) - named.total(),
    )


def _discrimination(points: Sequence[tuple[float, float]]) -> float | None:
    """None with too few submissions, or where all have the same points here or elsewhere."""
    if len(points) < FEWEST_TO_CORRELATE:
        return None
    try:
        return statistics.correlation(*zip(*points, strict=True))
    except statistics.StatisticsError:
        return None


def _lost(task: Task, marks: Sequence[Line]) -> list[Lost]:
    """By part of what was attempted, most points first. A reason names its part by what the part says."""
    lost = []
    for part in task.parts:
        losers = sum(_lost_in(part.says, mark) for mark in marks)
        if losers:
            lost.append(Lost(part.id, part.says, losers * part.points, losers))
    return sorted(lost, key=lambda entry: -entry.points)


def _lost_in(says: str, mark: Line) -> bool:
    # Where all is lost for one reason, that is told once and not for each part.
    return mark["points"] == 0 or any(says in reason for reason in mark["reasons"])
