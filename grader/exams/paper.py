"""A learner's side of a class's exam: a sealed paper opened with a token, sat once, its answers in a file.

There are no keys here. The window is kept by this machine's clock; the instructor goes by when the answers
came.
"""

import datetime
import json
from pathlib import Path
from typing import Any, Final

from grader.exams.practice import Now, utc_now
from grader.exams.seal import key_of, proof, unseal
from grader.exams.sitting import Sitting, SittingError, begin, load, save
from grader.plain_files import NotReadError, read_plain
from grader.whereabouts import STATE, CallError, short
from lab.machine.whole_files import write_whole

KIND: Final = "exam answers"
LARGEST: Final = 2**22
"""Bytes of a paper."""
HEAD: Final = ("schema", "kind", "exam", "title", "learner", "opens", "closes", "minutes", "items")


class Paper:
    """The exam of one sealed paper. Raises CallError for a file that is none, SealError for a wrong token."""

    def __init__(self, root: Path, file: Path, token: str, target: Path, now: Now = utc_now) -> None:
        self.root, self.target, self.now = root, target, now
        sealed = _read(file)
        self.head = {name: sealed[name] for name in HEAD}
        self.exam, self.learner = str(self.head["exam"]), str(self.head["learner"])
        self.key = key_of(token, f"{self.exam} {self.learner}")
        self.questions = unseal(str(sealed["sealed"]), self.key, self.head)["questions"]
        self.opens = datetime.datetime.fromisoformat(self.head["opens"])
        self.closes = datetime.datetime.fromisoformat(self.head["closes"])
        self.place = root / STATE / "exams" / f"class-{self.exam}-{self.learner}.json"

    @property
    def answers(self) -> Path:
        """Where the answers go: as `grader submit` has it for assignments."""
        return self.target / self.learner / self.exam / f"{self.exam}.answers.json"

    def home(self) -> dict[str, Any]:
        """What the first page shows."""
        shown = [f"{time.astimezone():%Y-%m-%d %H:%M %Z}" for time in (self.opens, self.closes)]
        told = [
            f"For {self.learner}. It can be started from {shown[0]} on and ends at {shown[1]} for all.",
            "Once started its clock runs on, also when this page is closed. It can be started once.",
        ]
        sitting = self.current()
        over = self.answers.is_file()
        offer = {"exam": self.exam, "title": self.head["title"], "items": len(self.questions)}
        return {
            "mode": "class",
            "heading": self.head["title"],
            "words": told,
            "offers": [] if over or sitting else [{**offer, "minutes": self.head["minutes"]}],
            "handed": self._handed() if over else None,
            "faults": [],
        }

    def _handed(self) -> str:
        return (
            f"Your answers are in {short(self.answers)}. Hand in this file, as it is, the way you hand in "
            "your notebooks. They are marked where the instructor is."
        )

    def start(self, exam: str, seed: str = "") -> Sitting:
        """Begin, within the window. `exam` and `seed` are the paper's own. Raises SittingError."""
        now = self.now()
        if self.current() is not None or self.answers.is_file():
            raise SittingError("This exam was started already. It can be started once.")
        if now < self.opens:
            raise SittingError(f"The exam opens at {self.opens.astimezone():%Y-%m-%d %H:%M %Z}.")
        if now >= self.closes:
            raise SittingError("The exam is closed.")
        end = min(self.closes, now + datetime.timedelta(minutes=self.head["minutes"]))
        made = begin(
            self.exam, self.head["title"], "", "", self.head["minutes"], self.questions, now, deadline=end
        )
        self.save(made)
        return made

    def current(self) -> Sitting | None:
        """The sitting under way. Raises SittingError for a damaged file."""
        return load(self.place, "Tell your instructor.")

    def save(self, sitting: Sitting) -> None:
        """Keep the state, whole or as it was."""
        save(self.place, sitting)

    def hand_over(self, sitting: Sitting) -> dict[str, Any]:
        """Write the answers to a file, then forget the state."""
        sitting.finish(self.now())
        self.save(sitting)
        made: dict[str, Any] = {
            "schema": 1,
            "kind": KIND,
            "exam": self.exam,
            "learner": self.learner,
            "started": sitting.started,
            "finished": sitting.finished,
            "used": round(sitting.used),
            "answers": {str(number): answer for number, answer in sorted(sitting.answers.items())},
            "seconds": {str(number): round(took) for number, took in sorted(sitting.seconds.items())},
            "flags": sorted(sitting.flags),
        }
        made["proof"] = proof(made, self.key)
        write_whole(self.answers, json.dumps(made, indent=1) + "\n")
        self.place.unlink(missing_ok=True)
        return {"name": ""}

    def give_up(self) -> None:
        """Not here. Raises SittingError."""
        raise SittingError("A class's exam can't be given up. Hand it in.")

    def shown_result(self, name: str) -> dict[str, Any]:
        """Not here. Raises SittingError."""
        raise SittingError("A class's exam is marked where the instructor is.")


def _read(file: Path) -> dict[str, Any]:
    try:
        paper = json.loads(read_plain(file, LARGEST))
    except (NotReadError, ValueError, RecursionError) as error:
        raise CallError(f"{short(file)} can't be read as a paper: {error}.") from None
    if not isinstance(paper, dict) or paper.get("kind") != "sealed exam paper":
        raise CallError(f"{short(file)} is no exam paper.")
    if missing := [name for name in (*HEAD, "sealed") if name not in paper]:
        raise CallError(f"{short(file)} is damaged: it has no {missing[0]}.")
    return paper
