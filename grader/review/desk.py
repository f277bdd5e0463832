"""The desk of whoever marks: what the page shows, and what a step on it does.

A step is a JSON object with `do` and the view that the page has; it is answered with the whole view anew. A
view is by question (one task, the same answers as one) or by learner (each answer by itself).
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from grader.reports.by_hand import ByHand
from grader.review.hand_ins import ALIKE, Piece, Question, groups, likeness
from grader.review.journal import Journal
from lab.errors import LabError

LONGEST_COMMENT: Final = 5_000
COMMENTS: Final = 30
"""That are offered for use again."""

Give = Callable[[Sequence[ByHand]], list[ByHand]]
"""Writes into the gradebook, and gives back what stood there."""
Key = tuple[str, str]
"""Student and task."""


@dataclass
class Desk:
    """One assignment under review."""

    assignment: str
    questions: Mapping[str, Question]
    """Those that are to be marked, in the order of the assignment."""
    pieces: Sequence[Piece]
    marks: dict[Key, ByHand]
    """What a person gave, where one gave something."""
    give: Give
    journal: Journal
    render: Callable[[str], str]
    """Markdown of the course's own as HTML."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Learners' names by student, of a roster."""
    again: set[Key] = field(default_factory=set)
    """Answers that are others now than when a person marked them."""
    named: bool = True
    """Whether names are shown until the page says otherwise."""
    asked: Mapping[Key, Sequence[dict[str, str]]] = field(default_factory=dict)
    """What learners asked about a mark."""
    tell: Callable[[str, str, str], None] | None = None
    """Keeps an answer to a learner's question: student, task, text."""

    def __post_init__(self) -> None:
        self._by_key = {(piece.student, piece.task): piece for piece in self.pieces}
        self._groups = {
            task: groups([piece for piece in self.pieces if piece.task == task]) for task in self.questions
        }
        # An order that tells nothing of the names, the same at each start.
        students = sorted({piece.student for piece in self.pieces}, key=self._shuffled)
        self._numbers = {student: number for number, student in enumerate(students, 1)}

    def _shuffled(self, student: str) -> str:
        return hashlib.sha256(f"{self.assignment}/{student}".encode("utf-8", "replace")).hexdigest()

    # --- What is shown ----------------------------------------------------------------------------

    def show(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The view that BODY asks for: `by`, `task`, `student` (of the answer), `names`."""
        by = "learner" if body.get("by") == "learner" else "question"
        named = body["names"] is not False if "names" in body else self.named
        task = body.get("task") if body.get("task") in self.questions else next(iter(self.questions), None)
        rows = self._rows(by, str(task))
        here = self._place(rows, str(body.get("student")), str(task))
        return {
            "assignment": self.assignment,
            "by": by,
            "names": named,
            "task": rows[here][0].task if rows else task,
            "tasks": [self._summary(name) for name in self.questions],
            "rows": [self._row(row, named, by) for row in rows],
            "at": here,
            "undo": self._undo_words(named),
            "piece": self._shown(rows[here], rows[here - 1] if here else None, named) if rows else None,
        }

    def _rows(self, by: str, task: str) -> list[list[Piece]]:
        if by == "question":
            return self._groups.get(task, [])
        order = list(self.questions)
        ordered = sorted(self.pieces, key=lambda one: (self._numbers[one.student], order.index(one.task)))
        return [[piece] for piece in ordered]

    @staticmethod
    def _place(rows: Sequence[Sequence[Piece]], student: str, task: str) -> int:
        for place, row in enumerate(rows):
            if any(piece.student == student and piece.task == task for piece in row):
                return place
        return 0

    def _waits(self, piece: Piece) -> bool:
        mark = self.marks.get((piece.student, piece.task))
        if (piece.student, piece.task) in self.again:
            return True
        return self.questions[piece.task].by_a_person and (mark is None or mark.points is None)

    def _summary(self, task: str) -> dict[str, Any]:
        found = [piece for piece in self.pieces if piece.task == task]
        question = self.questions[task].task
        waiting = sum(map(self._waits, found))
        return {"id": task, "title": question.title, "points": question.points, "count": len(found),
                "waiting": waiting}  # fmt: skip

    def label(self, student: str, named: bool) -> str:
        """What a learner is called on the page."""
        return self.names.get(student) or student if named else f"Hand-in {self._numbers[student]}"

    def _row(self, row: Sequence[Piece], named: bool, by: str) -> dict[str, Any]:
        first = row[0]
        labels = [self.label(piece.student, named) for piece in row]
        label = labels[0] if len(row) == 1 else f"{len(row)} the same: {', '.join(labels[:3])}"
        mark = self.marks.get((first.student, first.task))
        return {
            "place": self._numbers[first.student],
            "task": first.task,
            "label": f"{label} · {self.questions[first.task].task.title}" if by == "learner" else label,
            "waits": any(map(self._waits, row)),
            "points": mark.points if mark else None,
            "asked": any(not one["answer"] for piece in row for one in self._asked(piece)),
        }

    def _asked(self, piece: Piece) -> Sequence[dict[str, str]]:
        return self.asked.get((piece.student, piece.task), ())

    def _shown(self, row: Sequence[Piece], before: Sequence[Piece] | None, named: bool) -> dict[str, Any]:
        piece, question = row[0], self.questions[row[0].task]
        mark = self.marks.get((piece.student, piece.task))
        alike = likeness(piece.words, before[0].words) if before and before[0].task == piece.task else 0.0
        return {
            "place": self._numbers[piece.student],
            "task": piece.task,
            "title": question.task.title,
            "max": question.task.points,
            "prompt": self.render(question.prompt),
            "guide": self.render(question.guide) if question.guide else "",
            "rubric": [{"points": points, "says": says} for points, says in question.rubric],
            "by_a_person": question.by_a_person,
            "givens": {name: _number(value) for name, value in piece.givens.items()},
            "right": {name: _number(value) for name, value in piece.right.items()},
            "reasons": [] if question.by_a_person else list(piece.reasons),
            "text": piece.text,
            "further": list(piece.further),
            "pictures": list(piece.pictures),
            "members": [self.label(one.student, named) for one in row],
            "again": any((one.student, one.task) in self.again for one in row),
            "alike": round(alike, 2) if alike >= ALIKE else None,
            "points": mark.points if mark else None,
            "comment": mark.comment if mark else "",
            "ticks": list(self.journal.ticks(piece.student, piece.task)),
            "comments": self._comments(piece.task),
            "asked": [
                {**one, "place": self._numbers[member.student], "label": self.label(member.student, named)}
                for member in row
                for one in self._asked(member)
            ],
        }

    def _comments(self, task: str) -> list[str]:
        """What was said of this task, the most used first; also what was said once and taken back."""
        said = Counter(mark.comment for mark in self.marks.values() if mark.task == task and mark.comment)
        old = [mark.comment for e in self.journal.entries if e.task == task for mark in e.after]
        for comment in filter(None, old):
            said.setdefault(comment, 0)
        return [comment for comment, _ in said.most_common(COMMENTS)]

    def _undo_words(self, named: bool) -> str | None:
        entry = self.journal.last()
        if entry is None:
            return None
        whose = self.label(entry.after[0].student, named) if self._known(entry.after[0]) else "one"
        more = f" and {len(entry.after) - 1} more" if len(entry.after) > 1 else ""
        return f"{whose}{more}, {entry.task}"

    def _known(self, mark: ByHand) -> bool:
        return mark.student in self._numbers

    # --- What is done -----------------------------------------------------------------------------

    def grade(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Give points, a comment, or both to the answer shown, and to those that are the same."""
        row = self._row_of(body)
        points, comment = self._points(body, row[0].task), body.get("comment")
        if not isinstance(comment, str) or len(comment) > LONGEST_COMMENT:
            raise LabError(f"A comment is a text of at most {LONGEST_COMMENT} characters.")
        count = len(self.questions[row[0].task].rubric)
        given = body.get("ticks")
        ticks = [n for n in given if type(n) is int and 0 <= n < count] if isinstance(given, list) else []
        after = [ByHand(piece.student, piece.task, points, comment.strip()) for piece in row]
        before = self.give(after)
        earned = [self.questions[row[0].task].rubric[n] for n in ticks]
        self.journal.add(row[0].task, before, after, ticks, earned=earned)
        self._keep(after)
        return self.show({**body, "student": row[0].student, "task": row[0].task})

    def undo(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Take the last change back, and show what it was about."""
        entry = self.journal.last()
        if entry is None:
            raise LabError("There is no change to take back.")
        replaced = self.give(entry.before)
        self.journal.add(entry.task, replaced, entry.before, (), entry.number)
        self._keep(entry.before)
        first = entry.before[0]
        return self.show({**body, "student": first.student, "task": first.task})

    def answer(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Answer the last question of the learner at `place`."""
        student, text = self._student(body), body.get("text")
        asked = self.asked.get((str(student), str(body.get("task"))), ())
        if not asked or self.tell is None:
            raise LabError("Nothing was asked about this mark.")
        if not isinstance(text, str) or not 0 < len(text.strip()) <= LONGEST_COMMENT:
            raise LabError(f"An answer is a text of 1 to {LONGEST_COMMENT} characters.")
        self.tell(str(student), str(body["task"]), text)
        asked[-1]["answer"] = text.strip()
        return self.look(body)

    def look(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Show the answer at `place`, a learner's number, or the one that is named."""
        return self.show({**body, "student": self._student(body)})

    def _keep(self, marks: Sequence[ByHand]) -> None:
        for mark in marks:
            self.marks[mark.student, mark.task] = mark
            self.again.discard((mark.student, mark.task))

    def _student(self, body: Mapping[str, Any]) -> str | None:
        wanted = body.get("place")
        return next((student for student, number in self._numbers.items() if number == wanted), None)

    def _row_of(self, body: Mapping[str, Any]) -> Sequence[Piece]:
        student, task = self._student(body), body.get("task")
        if student is None or (student, task) not in self._by_key:
            raise LabError("This answer is not here any more. Load the page again.")
        if body.get("by") == "learner" or body.get("alone") is True:
            return [self._by_key[student, str(task)]]
        return next(row for row in self._groups[str(task)] if any(piece.student == student for piece in row))

    def _points(self, body: Mapping[str, Any], task: str) -> float | None:
        points, most = body.get("points"), self.questions[task].task.points
        if points is None:
            return None
        if isinstance(points, bool) or not isinstance(points, int | float) or not 0 <= points <= most:
            raise LabError(f"Points are a number from 0 to {most}.")
        return float(points)


def _number(value: Any) -> str:
    """A number as a person reads it: 1,234.5."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"


STEPS: Final[Mapping[str, Callable[[Desk, Mapping[str, Any]], dict[str, Any]]]] = {
    "look": Desk.look,
    "grade": Desk.grade,
    "undo": Desk.undo,
    "answer": Desk.answer,
}


def step(desk: Desk, body: Mapping[str, Any]) -> dict[str, Any]:
    """Do what BODY says. Raises LabError, also for what is no step."""
    work = STEPS.get(str(body.get("do")))
    if work is None:
        raise LabError(f"There is no step {body.get('do')!r}.")
    return work(desk, body)
