"""What a person gave, change by change: `.grader/<assignment>/review.jsonl`, only appended to.

The marks themselves are in the gradebook. This is kept to take a change back, also after the page was
closed, and to know which items of a rubric were ticked, and what they said then.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from grader.reports.by_hand import ByHand


@dataclass(frozen=True)
class Entry:
    """One change, of one answer or of a group of the same ones."""

    number: int
    task: str
    before: tuple[ByHand, ...]
    after: tuple[ByHand, ...]
    ticks: tuple[int, ...] = ()
    """Items of the rubric, by their places."""
    undoes: int | None = None
    """The change that this one takes back."""
    earned: tuple[tuple[float, str], ...] = ()
    """Points and words of the ticked items."""


@dataclass
class Journal:
    """The changes of one assignment; read once, then appended to, each on disk before the next."""

    path: Path
    entries: list[Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.path.is_file():
            for text in self.path.read_text(encoding="utf-8").split("\n"):
                try:
                    self.entries.append(_entry(json.loads(text)))
                except (ValueError, KeyError, TypeError):
                    continue  # a line that was torn, or damaged: the gradebook has the marks

    def add(
        self,
        task: str,
        before: Sequence[ByHand],
        after: Sequence[ByHand],
        ticks: Sequence[int] = (),
        undoes: int | None = None,
        earned: Sequence[tuple[float, str]] = (),
    ) -> None:
        """Keep a change. Raises OSError when it cannot be written."""
        number = self.entries[-1].number + 1 if self.entries else 1
        entry = Entry(number, task, tuple(before), tuple(after), tuple(ticks), undoes, tuple(earned))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # A line break first: what an end of the machine tore stays a line of its own.
        line = ("\n" if self.path.is_file() else "") + json.dumps(asdict(entry), ensure_ascii=False)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        self.entries.append(entry)

    def last(self) -> Entry | None:
        """The newest change that was not taken back; the next that `undo` is about."""
        undone = {entry.undoes for entry in self.entries}
        standing = (e for e in reversed(self.entries) if e.undoes is None and e.number not in undone)
        return next(standing, None)

    def ticks(self, student: str, task: str) -> tuple[int, ...]:
        """The items of the rubric that are ticked for this answer now."""
        entry = self._standing(student, task)
        return entry.ticks if entry is not None else ()

    def earned(self, student: str, task: str, points: float) -> tuple[tuple[float, str], ...]:
        """Points and words of the ticked items; none where POINTS, the mark now, came otherwise since."""
        entry = self._standing(student, task)
        given = {one.student: one.points for one in entry.after} if entry is not None else {}
        return entry.earned if entry is not None and given[student] == points else ()

    def _standing(self, student: str, task: str) -> Entry | None:
        """The last change of this answer that was not taken back."""
        undone = {entry.undoes for entry in self.entries}
        for entry in reversed(self.entries):
            if entry.undoes is not None or entry.number in undone or entry.task != task:
                continue
            if any(one.student == student for one in entry.after):
                return entry
        return None


def _entry(data: Mapping[str, Any]) -> Entry:
    before, after = (tuple(ByHand(**one) for one in data[key]) for key in ("before", "after"))
    earned = tuple((float(points), str(says)) for points, says in data.get("earned", ()))
    return Entry(data["number"], data["task"], before, after, tuple(data["ticks"]), data["undoes"], earned)
