"""One sitting of an exam: what was answered and flagged, and the time used. Pure: callers tell the time.

In practice the clock runs only when the page is there: a pause, a crash or a sleeping laptop costs nothing.
In a class's exam it runs from the start to the end, whatever happens.
"""

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from grader.exams.draw import is_form
from lab.machine.whole_files import write_whole

SCHEMA: Final = 1
AWAY: Final = 20.0
"""Seconds without a sign of the page after which it was not there; it gives one every 5 seconds."""


class SittingError(ValueError):
    """A step that the sitting's state does not allow, in a sentence."""


@dataclass
class Sitting:
    """An exam that was started. Questions are numbered from 1; seconds are of the wall clock.

    `questions`: as shown to the candidate, without keys. `deadline`: the end of a class's exam, None in
    practice. `answers`: places as shown, see `draw.Answer`.
    """

    exam: str
    title: str
    seed: str
    bank: str
    minutes: int
    questions: Sequence[Mapping[str, Any]]
    started: str
    last: str
    deadline: str | None = None
    """ISO times in UTC."""
    used: float = 0.0
    paused: bool = False
    at: int = 1
    answers: dict[int, list[int | None]] = field(default_factory=dict)
    flags: set[int] = field(default_factory=set)
    seconds: dict[int, float] = field(default_factory=dict)
    """Time on each question."""
    finished: str | None = None
    learner: str = ""
    about: dict[str, Any] = field(default_factory=dict)
    """What a class's paper says of itself; its answers carry it back."""

    def tick(self, now: datetime.datetime) -> None:
        """Count the time since the last sign of the page, and end the sitting when its time is over."""
        if self.finished:
            return
        gap = max(0.0, (now - _time(self.last)).total_seconds())
        present = not self.paused and gap <= AWAY
        if present:
            gap = min(gap, self.minutes * 60 - self.used) if self.deadline is None else gap
            self.seconds[self.at] = self.seconds.get(self.at, 0.0) + gap
            self.used += gap
        self.last = now.isoformat()
        if self.left(now) <= 0:
            self.finished = min(now, _time(self.deadline)).isoformat() if self.deadline else now.isoformat()

    def left(self, now: datetime.datetime) -> float:
        """Seconds that are left, 0 or more."""
        if self.deadline is not None:
            return max(0.0, (_time(self.deadline) - now).total_seconds())
        return max(0.0, self.minutes * 60 - self.used)

    def show(self, number: int, now: datetime.datetime) -> None:
        """The candidate looks at another question."""
        self._go(now)
        self._known(number)
        self.at = number

    def answer(self, number: int, answer: Any, now: datetime.datetime) -> None:
        """Choose, or take back by an empty list. Raises SittingError for what is no answer to it."""
        self._go(now)
        question = self._known(number)
        if not answer or (isinstance(answer, list) and all(place is None for place in answer)):
            self.answers.pop(number, None)
        elif is_form(question, answer):
            self.answers[number] = answer
        else:
            raise SittingError(f"That is no answer to question {number}. Choose among those shown.")

    def flag(self, number: int, flagged: bool, now: datetime.datetime) -> None:
        """Mark a question to come back to it, or take the mark away."""
        self._go(now)
        self._known(number)
        (self.flags.add if flagged else self.flags.discard)(number)

    def pause(self, now: datetime.datetime) -> None:
        """Stop the clock and hide the questions. Raises SittingError in a class's exam."""
        self._go(now)
        if self.deadline is not None:
            raise SittingError("A class's exam has no pause: its end is fixed.")
        self.paused = True

    def go_on(self, now: datetime.datetime) -> None:
        """End a pause."""
        self.tick(now)
        self.paused = False

    def finish(self, now: datetime.datetime) -> None:
        """Hand over: no answer changes after this."""
        self.tick(now)
        self.paused = False
        self.finished = self.finished or now.isoformat()

    def complete(self, number: int) -> bool:
        """Is it answered, with as many choices as it asks for?"""
        question, answer = self._known(number), self.answers.get(number)
        if answer is None or None in answer:
            return False
        return len(answer) == int(question["choose"])

    def _go(self, now: datetime.datetime) -> None:
        self.tick(now)
        if self.finished:
            raise SittingError("The exam is over. What you chose before its end counts.")
        if self.paused:
            raise SittingError("The exam is paused. Go on first.")

    def _known(self, number: int) -> Mapping[str, Any]:
        if type(number) is not int or not 1 <= number <= len(self.questions):
            raise SittingError(f"There is no question {number!r}; they go from 1 to {len(self.questions)}.")
        return self.questions[number - 1]

    def saved(self) -> dict[str, Any]:
        """The state as JSON has it."""
        return {"schema": SCHEMA, **asdict(self), "flags": sorted(self.flags)}


def load(place: Path, remedy: str) -> Sitting | None:
    """The sitting that was last saved in PLACE; None where there is none.

    Raises SittingError for a damaged file; REMEDY is what to do then.
    """
    try:
        return from_saved(json.loads(place.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise SittingError(f"The saved exam in {place} is damaged ({error}). {remedy}") from None


def save(place: Path, sitting: Sitting) -> None:
    """Write the state in one step, so that a crash keeps the one before or this one."""
    write_whole(place, json.dumps(sitting.saved(), ensure_ascii=False) + "\n", mode=0o600)


def from_saved(data: Mapping[str, Any]) -> Sitting:
    """A sitting from its saved state. Raises ValueError, KeyError or TypeError for what is none."""
    if data.get("schema") != SCHEMA:
        raise ValueError(f"schema is {data.get('schema')!r}, not {SCHEMA}")
    values = {key: value for key, value in data.items() if key != "schema"}
    values["answers"] = {int(number): answer for number, answer in values["answers"].items()}
    values["seconds"] = {int(number): float(took) for number, took in values["seconds"].items()}
    values["flags"] = set(values["flags"])
    made = Sitting(**values)
    for number, answer in made.answers.items():
        if not is_form(made._known(number), answer):
            raise ValueError(f"the answer to question {number} is none")
    _time(made.last)
    return made


def begin(
    exam: str,
    title: str,
    seed: str,
    bank: str,
    minutes: int,
    questions: Sequence[Mapping[str, Any]],
    now: datetime.datetime,
    deadline: datetime.datetime | None = None,
) -> Sitting:
    """A sitting that starts now. Nothing else starts one: looking at an exam costs nothing."""
    at = now.isoformat()
    until = deadline.isoformat() if deadline else None
    return Sitting(exam, title, seed, bank, minutes, questions, started=at, last=at, deadline=until)


def _time(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)
