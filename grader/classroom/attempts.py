"""Several hand-ins of one learner: which of them counts, by the rule that `due.toml` declares.

    attempts = "last"      # or "best", or "refuse"

Last: the one that came last. Best: all are graded, and the one with the most points counts. Refuse: none is
graded until whoever grades has kept one. All of them stay where they are. The same content handed in twice is
one hand-in, at its first time.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from grader.classroom.due import Rule, handed_in
from grader.engine.handed import read_handed
from grader.engine.submission import NoNotebook, Unreadable

EARLIER: Final = "earlier"
"""Folder beside a notebook in which `grader submit` keeps what it replaces, a folder for each."""


@dataclass
class Attempt:
    """One hand-in of one learner. Its folder holds the notebook, and what belongs to it."""

    student: str
    owner: str
    """Who brought it, by the name of a folder or zip or by a course system's number."""
    claimed: bool
    """Whether that name is the learner's."""
    place: str
    """What whoever grades finds it by."""
    folder: Path
    when: float = 0.0
    """Seconds since 1970; by `timestamp.txt` where there is one."""
    number: int = 0
    """Counts copies, and Canvas's files: tells which of two of the same time is later."""
    problem: str = ""
    """Why it cannot be read."""
    digest: str = ""
    empty: bool = False
    """Whether there is no notebook."""

    def look(self, assignment: str) -> None:
        """Find out when it was handed in, and what its content is."""
        self.digest = self.place
        try:
            handed = read_handed(self.folder, assignment)
            self.digest = handed.digest
            self.when = handed_in(handed.path, self.folder).when.timestamp()
        except NoNotebook:
            self.empty = not self.problem
        except (OSError, Unreadable):
            self.when = self.when or self.folder.stat().st_mtime

    def date_files(self) -> None:
        """Give the files, which were written just now, the time of the hand-in."""
        for path in self.folder.iterdir():
            os.utime(path, (self.when, self.when))

    @property
    def shown(self) -> str:
        when = datetime.fromtimestamp(self.when, UTC)
        return f"{self.place} ({when:%Y-%m-%d %H:%M} UTC)"


def in_order(attempts: Sequence[Attempt]) -> list[Attempt]:
    """By time; those of one learner's in Canvas by Canvas's numbers. Of the same content only the first."""
    of_canvas = [one.when for one in attempts if one.owner.startswith("canvas ")]

    def key(one: Attempt) -> tuple[float, int, str]:
        # A download's files have the date of the download.
        when = max(of_canvas) if one.owner.startswith("canvas ") else one.when
        return when, one.number, one.place

    found: dict[str, Attempt] = {}
    for attempt in sorted(attempts, key=key):
        found.setdefault(attempt.digest, attempt)
    return list(found.values())


def told(attempts: Sequence[Attempt], counts: Attempt, rule: Rule) -> str:
    """What a learner and whoever grades are told of several attempts; "" where there is one."""
    if len(attempts) < 2:
        return ""
    others = ", ".join(one.shown for one in attempts if one is not counts)
    by = "the one with the most points" if rule == "best" else "the last one"
    return (
        f"There are {len(attempts)} hand-ins, and {by} counts (attempts = “{rule}”): {counts.shown}. "
        f"Kept beside it: {others}."
    )
