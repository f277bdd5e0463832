"""What the answers of a class say about an exam's items, as classical test theory has it.

Point-biserial: the correlation of a choice (0 or 1) with the points on all other items (Crocker and Algina,
Introduction to Classical and Modern Test Theory, 1986, chapter 14). Reliability: KR-20, which is Cronbach's
alpha for points of 0 and 1; its 95 % interval is Bonett's (Journal of Educational and Behavioral Statistics
27(4), 2002, 335-340). The standard error of measurement is the scores' deviation times the root of what
reliability leaves over.
"""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from grader.bank.items import Item
from grader.reports.item_statistics import EASY, FEWEST_TO_ADVISE, FEWEST_TO_CORRELATE, FLAT, HARD

NEAR: Final = 0.1
"""Share of the exam's points on each side of the pass line: who lies within counts as just qualified."""
Z: Final = 1.96
"""Of a 95 % interval."""

Line = Mapping[str, Any]


@dataclass(frozen=True)
class Choice:
    """An option, or a step or line in its place. `share` is of all learners; `biserial` None where unsaid."""

    text: str
    right: bool
    taken: int
    share: float
    biserial: float | None


@dataclass(frozen=True)
class ExamItem:
    """One item of the exam. `angoff`: estimated share of just-qualified candidates; `near`: what it was."""

    id: str
    kind: str
    choices: Sequence[Choice]
    unanswered: int
    difficulty: float
    discrimination: float | None
    seconds: float
    """The median."""
    angoff: float
    near: float | None


@dataclass(frozen=True)
class Reliability:
    """KR-20 with its 95 % interval, and the standard error of measurement in points."""

    value: float
    low: float
    high: float
    error: float


@dataclass(frozen=True)
class ExamStatistics:
    """An exam's results. `near`: learners within `NEAR` of the pass line."""

    exam: str
    statuses: Mapping[str, int]
    late: int
    points: Sequence[int]
    max_points: int
    pass_line: float
    guessed: float
    """Points that guessing gives on the average."""
    near: int
    reliability: Reliability | None
    items: Sequence[ExamItem]

    @property
    def graded(self) -> int:
        """Learners with a result."""
        return len(self.points)

    def cannot_be_said(self) -> list[str]:
        """What the number of learners does not allow to say."""
        found = []
        if self.graded < FEWEST_TO_ADVISE:
            found.append(
                f"With {self.graded} results every number here may be chance; which item to look at is said "
                f"from {FEWEST_TO_ADVISE} on."
            )
        if self.graded < FEWEST_TO_CORRELATE:
            found.append(
                f"Point-biserials and reliability are said from {FEWEST_TO_CORRELATE} results on: below that "
                "their errors are larger than what they tell."
            )
        if self.near < FEWEST_TO_ADVISE:
            found.append(
                f"{self.near} learners lie within {NEAR:.0%} of the pass line; estimates are compared from "
                f"{FEWEST_TO_ADVISE} on."
            )
        return found

    def advice(self) -> list[str]:
        """Which items to look at, and for what."""
        if self.graded < FEWEST_TO_ADVISE:
            return []
        found = [f"{item.id}: {words}" for item in self.items for words in self._remarks(item)]
        return found or ["No item stands out."]

    def _remarks(self, item: ExamItem) -> Iterator[str]:
        if item.discrimination is not None and item.discrimination < FLAT:
            yield (
                f"who does well elsewhere does no better here (point-biserial {item.discrimination:.2f}); is "
                "the key right, is the stem clear?"
            )
        if item.difficulty < HARD:
            yield f"hard: {item.difficulty:.0%} have it right."
        if item.difficulty > EASY:
            yield f"{item.difficulty:.0%} have it right; it tells few learners apart."
        if item.kind in ("choice", "several"):
            yield from _distractors(item)
        if item.near is not None and abs(item.near - item.angoff) > Z * _error(item.angoff, self.near):
            yield f"estimated for {item.angoff:.0%} of the just qualified, and {item.near:.0%} have it right."


def _distractors(item: ExamItem) -> Iterator[str]:
    for choice in item.choices:
        if not choice.right and not choice.taken:
            yield f"nobody takes “{choice.text}”; it distracts nobody."
        if not choice.right and choice.biserial is not None and choice.biserial > FLAT:
            yield (
                f"those who do well take “{choice.text}” (point-biserial {choice.biserial:.2f}); is it right "
                "as well?"
            )


def _error(share: float, count: int) -> float:
    """The standard error of a share among COUNT."""
    return math.sqrt(share * (1 - share) / count)


def exam_statistics(exam: str, lines: Sequence[Line], bank: Mapping[str, Item]) -> ExamStatistics:
    """Of the lines that `grader exam grade` wrote. Raises KeyError for an item that the bank has no more."""
    graded = [line for line in lines if line["status"] == "graded"]
    marks = [{entry["item"]: entry for entry in line["items"]} for line in graded]
    ids = sorted(marks[0]) if marks else []
    line = float(graded[0]["pass_line"]) if graded else 0.0
    just = [n for n, one in enumerate(graded) if abs(one["points"] - line) <= NEAR * one["max_points"]]
    return ExamStatistics(
        exam=exam,
        statuses={name: sum(one["status"] == name for one in lines) for name in _statuses(lines)},
        late=sum(bool(one["late_seconds"]) for one in graded),
        points=[one["points"] for one in graded],
        max_points=len(ids),
        pass_line=line,
        guessed=sum(guessing(bank[name]) for name in ids),
        near=len(just),
        reliability=_reliability([[mark[name]["points"] for name in ids] for mark in marks]),
        items=[_item(bank[name], [mark[name] for mark in marks], graded, just) for name in ids],
    )


def _statuses(lines: Sequence[Line]) -> list[str]:
    return list(dict.fromkeys(str(line["status"]) for line in lines))


def guessing(item: Item) -> float:
    """The chance to get it right by guessing among all answers that its form allows."""
    if item.kind == "ordering":
        return 1 / math.factorial(len(item.steps))
    if item.kind == "matching":
        return float(1 / (len(item.pairs) + len(item.spare)) ** len(item.pairs))
    return 1 / math.comb(len(item.options), len(item.right))


def _item(item: Item, marks: Sequence[Line], graded: Sequence[Line], just: Sequence[int]) -> ExamItem:
    points = [mark["points"] for mark in marks]
    rest = [line["points"] - own for line, own in zip(graded, points, strict=True)]
    return ExamItem(
        id=item.id,
        kind=item.kind,
        choices=list(_choices(item, marks, rest)),
        unanswered=sum(mark["chosen"] is None for mark in marks),
        difficulty=statistics.fmean(points),
        discrimination=_biserial(points, rest),
        seconds=statistics.median(mark["seconds"] for mark in marks),
        angoff=float(item.angoff or 0),
        near=statistics.fmean(points[n] for n in just) if len(just) >= FEWEST_TO_ADVISE else None,
    )


def _choices(item: Item, marks: Sequence[Line], rest: Sequence[int]) -> Iterator[Choice]:
    rows = [(option.text, option.right) for option in item.options]
    rows += [(step.text, True) for step in item.steps] + [(pair.text, True) for pair in item.pairs]
    for n, (text, right) in enumerate(rows):
        chosen = [mark["chosen"] or [] for mark in marks]
        taken = [int(n in one if item.options else one[n : n + 1] == [n]) for one in chosen]
        yield Choice(text, right, sum(taken), sum(taken) / len(taken), _biserial(taken, rest))


def _biserial(taken: Sequence[int], rest: Sequence[int]) -> float | None:
    """None below the floor, or where all are alike."""
    if len(taken) < FEWEST_TO_CORRELATE:
        return None
    try:
        return statistics.correlation(taken, rest)
    except statistics.StatisticsError:
        return None


def _reliability(table: Sequence[Sequence[int]]) -> Reliability | None:
    """A row for each learner, a column for each item. None below the floor, or where all have the same."""
    people, items = len(table), len(table[0]) if table else 0
    if people < FEWEST_TO_CORRELATE or items < 2:
        return None
    totals = [sum(row) for row in table]
    spread = statistics.pvariance(totals)
    if not spread:
        return None
    shares = [statistics.fmean(column) for column in zip(*table, strict=True)]
    value = items / (items - 1) * (1 - sum(p * (1 - p) for p in shares) / spread)
    width = math.exp(Z * math.sqrt(2 * items / ((items - 1) * (people - 2))))
    error = math.sqrt(spread * (1 - max(value, 0)))
    return Reliability(value, 1 - (1 - value) * width, 1 - (1 - value) / width, error)
