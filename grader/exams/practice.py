"""A learner's practice: exams offered, one sitting at a time kept on disk, its result and review."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from grader.bank.items import Item, load_bank
from grader.exams import history, results
from grader.exams.blueprint import Blueprint, load_blueprints
from grader.exams.draw import DrawError, Question, bank_digest, draw, drawn, for_exams, new_seed
from grader.exams.sitting import Sitting, SittingError, begin, load, save
from grader.whereabouts import STATE, learner_name

AGAIN: Final = "again"
"""The exam made of what was missed and is due."""
MOST_AGAIN: Final = 20
MINUTES_AN_ITEM: Final = 2
LONGEST_SEED: Final = 40
"""Letters."""

Now = Callable[[], datetime.datetime]


def utc_now() -> datetime.datetime:
    """The wall clock, in UTC."""
    return datetime.datetime.now(datetime.UTC)


class Practice:
    """The exams of the course in `root`. Raises BankError or BlueprintError when its data is not in order."""

    def __init__(self, root: Path, now: Now = utc_now) -> None:
        self.root = root
        self.now = now
        source = root / "course" / "source"
        self.items = {item.id: item for item in for_exams(load_bank(source))}
        self.blueprints = load_blueprints(source / "blueprints.toml")
        self.bank = bank_digest(self.items.values())
        self.place = root / STATE / "exams" / "practice.json"

    def home(self) -> dict[str, Any]:
        """What the first page shows: exams to sit, earlier results, what to study next."""
        found, faults = self.results()
        now = self.now()
        return {
            "mode": "practice",
            "learner": learner_name(self.root),
            "offers": self.offers(),
            "results": [_summary(result) for result in reversed(found)],
            "missed": [_missed(one, now) for one in self.studied()],
            "faults": faults,
        }

    def offers(self) -> list[dict[str, Any]]:
        """What can be sat: each exam, and what is due again when something is."""
        found = [_offer(exam.id, exam.title, exam.items, exam.minutes) for exam in self.blueprints.values()]
        if due := self.due():
            minutes = MINUTES_AN_ITEM * len(due)
            found.append(_offer(AGAIN, "What you missed and is due again", len(due), minutes))
        return found

    def results(self) -> tuple[list[dict[str, Any]], list[str]]:
        """All results, the oldest first, and a sentence for each file that is none."""
        return results.read_all(self.root)

    def studied(self) -> list[history.Studied]:
        """What was missed, the soonest due first."""
        versions = {item.id: item.version for item in self.items.values()}
        return history.studied(self.results()[0], versions)

    def due(self) -> list[Item]:
        """The items to try again today, MOST_AGAIN at most."""
        now = self.now()
        return [self.items[one.item] for one in self.studied() if one.is_due(now)][:MOST_AGAIN]

    def start(self, exam: str, seed: str = "") -> Sitting:
        """Begin. The same seed gives the same exam. Raises SittingError."""
        if self.current() is not None:
            raise SittingError(
                "An exam is under way. Go on with it, or hand it in, before you start another."
            )
        seed = seed.strip() or new_seed()
        if len(seed) > LONGEST_SEED or not seed.isascii() or not seed.isalnum():
            raise SittingError(f"A seed is letters and digits, {LONGEST_SEED} at most.")
        chosen = [item.id for item in self.due()] if exam == AGAIN else []
        title, minutes = self._shape(exam, len(chosen))
        questions = self._questions(exam, seed, chosen)
        shown = [
            {**question.shown(number), "item": question.item.id}
            for number, question in enumerate(questions, start=1)
        ]
        sitting = begin(exam, title, seed, self.bank, minutes, shown, self.now())
        self.save(sitting)
        return sitting

    def _shape(self, exam: str, again: int) -> tuple[str, int]:
        """Title and minutes. Raises SittingError for an exam that is not offered."""
        if exam == AGAIN:
            if not again:
                raise SittingError("Nothing is due again today.")
            return "What you missed", MINUTES_AN_ITEM * again
        if exam not in self.blueprints:
            raise SittingError(f"There is no exam {exam!r}. There is: {', '.join(self.blueprints)}.")
        return self.blueprints[exam].title, self.blueprints[exam].minutes

    def _questions(self, exam: str, seed: str, chosen: Sequence[str]) -> list[Question]:
        if exam == AGAIN:
            return drawn([self.items[name] for name in chosen], seed)
        try:
            return draw(self.items.values(), self.blueprints[exam], seed)
        except DrawError as error:
            raise SittingError(str(error)) from None

    def questions(self, sitting: Sitting) -> list[Question]:
        """The sitting's questions with their keys. Raises SittingError when the bank is another one now."""
        if sitting.bank != self.bank:
            raise SittingError(
                "The bank of questions changed since this exam began, so it can't be marked. Give it up, and "
                "start anew."
            )
        names = [str(question["item"]) for question in sitting.questions]
        return self._questions(sitting.exam, sitting.seed, names)

    def current(self) -> Sitting | None:
        """The sitting under way, as it was last saved. Raises SittingError for a damaged file."""
        return load(self.place, "Delete this file to start anew.")

    def save(self, sitting: Sitting) -> None:
        """Write the state in one step, so that a crash keeps the one before or this one."""
        save(self.place, sitting)

    def give_up(self) -> None:
        """Forget the sitting under way. It gives no result."""
        self.place.unlink(missing_ok=True)

    def hand_over(self, sitting: Sitting) -> dict[str, Any]:
        """End it, write its result and forget the state, in this order: a crash between loses nothing.

        Gives the result and the name of its file. Raises SittingError when the bank is another one now.
        """
        questions = self.questions(sitting)
        sitting.finish(self.now())
        self.save(sitting)
        titles = {domain.id: domain.title for domain in self._domains(sitting.exam)}
        result = results.result_of(sitting, questions, titles, learner_name(self.root))
        path = results.write(self.root, result)
        self.give_up()
        return {"name": path.name, "result": result}

    def _domains(self, exam: str) -> tuple[Any, ...]:
        blueprint: Blueprint | None = self.blueprints.get(exam)
        return blueprint.domains if blueprint else ()

    def shown_result(self, name: str) -> dict[str, Any]:
        """A result by the name of its file, with its review. Raises SittingError."""
        for result in self.results()[0]:
            if results.file_name(result) == name:
                words = {"pass_line": results.PASS_LINE, "no_scale": results.NO_SCALE}
                return {"name": name, "result": result, "review": self.review(result), "words": words}
        raise SittingError(f"There is no result {name!r} in {results.FOLDER}/.")

    def review(self, result: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Item by item: what was asked and chosen, every option's reason, where to read."""
        return [self._reviewed(entry) for entry in result["items"]]

    def _reviewed(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        item = self.items.get(entry["item"])
        if item is None or item.version != entry["version"]:
            return {**entry, "stem": None}
        count = len(item.options) or len(item.steps) or len(item.pairs) + len(item.spare)
        question = Question(item, entry["domain"], tuple(range(count)))
        return {
            **entry,
            "scenario": item.scenario,
            "stem": item.stem,
            "prompts": [pair.text for pair in item.pairs],
            "options": question.explained(),
            "right": list(question.right),
            "read": item.read,
            "lesson_is_there": (self.root / "course" / f"{item.lesson}.ipynb").is_file(),
        }


def _offer(name: str, title: str, items: int, minutes: int) -> dict[str, Any]:
    return {"exam": name, "title": title, "items": items, "minutes": minutes}


def _summary(result: Mapping[str, Any]) -> dict[str, Any]:
    shown = ("exam", "title", "finished", "points", "max_points", "pass_line", "passed", "seed")
    return {"name": results.file_name(result), **{key: result[key] for key in shown}}


def _missed(one: history.Studied, now: datetime.datetime) -> dict[str, Any]:
    due = one.due.date().isoformat() if one.due else None
    return {
        "item": one.item,
        "lesson": one.lesson,
        "missed": one.missed,
        "tried": one.tried,
        "due": due,
        "is_due": one.is_due(now),
    }
