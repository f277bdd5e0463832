"""An instructor's side of a class's exam: opened with a window, a paper and a token for each learner.

Its items come from a folder of the instructor's own, which no release holds: the keys of the practice bank
are for everybody to read. What is secret lies in `.grader/exams/<name>/`.
"""

import csv
import datetime
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from grader.bank.items import Item, load_bank, read_items
from grader.bank.lint import RULES, read_course
from grader.exams.blueprint import Blueprint, load_blueprints
from grader.exams.draw import DrawError, Question, bank_digest, draw, for_exams, new_seed, ordered
from grader.exams.seal import key_of, new_token, seal
from grader.whereabouts import STATE, CallError, short
from lab.machine.whole_files import write_whole

SCHEMA: Final = 1
OWN: Final = "exam-items"
"""The folder of items of one's own; git ignores it, and no release holds it."""
NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
CHECKED: Final = ("ids", "reasons", "counts", "facts", "angoff", "cases")
"""Rules of the bank's lint that an instructor's items keep too."""


@dataclass(frozen=True)
class ClassExam:
    """An exam as opened. `items`: id, version and domain, in the order drawn. Times are ISO 8601 in UTC."""

    name: str
    title: str
    like: str
    seed: str
    bank: str
    opens: str
    closes: str
    minutes: int
    items: Sequence[tuple[str, int, str]]
    tokens: Mapping[str, str]
    folder: str
    with_bank: bool
    schema: int = SCHEMA

    def questions(self, items: Mapping[str, Item], learner: str) -> list[Question]:
        """The learner's questions: the same items for all, their order and that of options each one's own.

        Raises CallError when an item is gone.
        """
        if lost := [name for name, _, _ in self.items if name not in items]:
            raise CallError(f"The exam {self.name} asks {lost[0]}, which is in {self.folder} no more.")
        found = [(items[name], domain) for name, _, domain in self.items]
        return ordered(found, f"{self.seed} {learner}")

    def changed(self, items: Mapping[str, Item]) -> list[str]:
        """Items that have another version than when it was opened."""
        return [name for name, version, _ in self.items if name in items and items[name].version != version]


def own_items(root: Path, folder: Path, with_bank: bool) -> dict[str, Item]:
    """The items to draw from. Raises CallError for those that are not in order."""
    source = root / "course" / "source"
    items, faults = read_items(folder)
    course = read_course(source)
    faults += [words for rule in CHECKED for words in RULES[rule](items, course)]
    if faults:
        raise CallError(f"The items in {short(folder)} are not in order:\n" + "\n".join(faults))
    if with_bank:
        items += for_exams(load_bank(source))
    if not items:
        raise CallError(
            f"There are no items in {short(folder)}. Write them there in the form of docs/questions.md. Or "
            "draw from the practice bank by --with-bank, whose keys the learners can read."
        )
    return {item.id: item for item in items}


@dataclass(frozen=True)
class Opening:
    """What `grader exam open` asks for, checked."""

    root: Path
    name: str
    like: str
    opens: datetime.datetime
    closes: datetime.datetime
    learners: Sequence[str]
    folder: Path
    with_bank: bool = False
    count: int | None = None
    minutes: int | None = None


def open_exam(asked: Opening, target: Path) -> ClassExam:
    """Draw, write the secret file, the tokens and the papers. Raises CallError."""
    place = place_of(asked.root, asked.name)
    if place.exists():
        raise CallError(f"There is an exam {asked.name} already: {short(place)}. Choose another name.")
    blueprint = _blueprint(asked)
    items = own_items(asked.root, asked.folder, asked.with_bank)
    seed = new_seed() + new_seed()
    try:
        questions = draw(items.values(), blueprint, seed)
    except DrawError as error:
        raise CallError(f"{error} Write more, or ask fewer: --count.") from None
    exam = ClassExam(
        name=asked.name,
        title=blueprint.title,
        like=asked.like,
        seed=seed,
        bank=bank_digest(items.values()),
        opens=asked.opens.astimezone(datetime.UTC).isoformat(),
        closes=asked.closes.astimezone(datetime.UTC).isoformat(),
        minutes=blueprint.minutes,
        items=[(question.item.id, question.item.version, question.domain) for question in questions],
        tokens={learner: new_token() for learner in asked.learners},
        folder=str(asked.folder),
        with_bank=asked.with_bank,
    )
    for learner in exam.tokens:
        write_whole(target / f"{exam.name}-{learner}.paper.json", paper_for(exam, items, learner))
    write_whole(place.parent / "tokens.csv", _tokens(exam), mode=0o600)
    write_whole(place, json.dumps(asdict(exam), indent=1) + "\n", mode=0o600)
    return exam


def _blueprint(asked: Opening) -> Blueprint:
    """Raises CallError for a window or a shape that can't be."""
    if not NAME.fullmatch(asked.name):
        raise CallError("An exam's name is small letters and digits with dashes between, such as midterm.")
    if not asked.learners:
        raise CallError("For whom is it? Write roster.csv, or name learners by --learner.")
    blueprints = load_blueprints(asked.root / "course" / "source" / "blueprints.toml")
    if asked.like not in blueprints:
        raise CallError(f"There is no exam {asked.like!r} to be like; there is: {', '.join(blueprints)}.")
    found = blueprints[asked.like]
    count = asked.count or found.items
    minutes = asked.minutes or max(1, round(found.minutes * count / found.items))
    if count < 1 or minutes < 1:
        raise CallError("An exam has 1 item or more, and 1 minute or more.")
    if asked.closes <= asked.opens:
        raise CallError("The exam closes before it opens. Look at --from and --until.")
    return replace(found, items=count, minutes=minutes, title=f"{asked.name}: {found.title}")


def place_of(root: Path, name: str) -> Path:
    """Where an exam's secret file is."""
    return root / STATE / "exams" / name / "exam.json"


def load_exam(root: Path, name: str) -> ClassExam:
    """Raises CallError when it was not opened here, or is damaged."""
    place = place_of(root, name)
    try:
        data = json.loads(place.read_text(encoding="utf-8"))
        data["items"] = [(str(item), int(version), str(domain)) for item, version, domain in data["items"]]
        return ClassExam(**data)
    except FileNotFoundError:
        raise CallError(f"No exam {name!r} was opened here ({short(place)} is missing).") from None
    except (ValueError, KeyError, TypeError) as error:
        raise CallError(f"{short(place)} is damaged: {error}.") from None


def paper_for(exam: ClassExam, items: Mapping[str, Item], learner: str) -> str:
    """The learner's sealed paper: what it says outside, and the questions inside, without keys or ids."""
    questions = exam.questions(items, learner)
    shown = [question.shown(number) for number, question in enumerate(questions, start=1)]
    head = {
        "schema": SCHEMA,
        "kind": "sealed exam paper",
        "exam": exam.name,
        "title": exam.title,
        "learner": learner,
        "opens": exam.opens,
        "closes": exam.closes,
        "minutes": exam.minutes,
        "items": len(shown),
    }
    key = key_of(exam.tokens[learner], f"{exam.name} {learner}")
    return json.dumps({**head, "sealed": seal({"questions": shown}, key, head)}, indent=1) + "\n"


def _tokens(exam: ClassExam) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["student", "token"])
    writer.writerows(exam.tokens.items())
    return text.getvalue()


def titles(root: Path, like: str) -> dict[str, str]:
    """Titles of the domains by id."""
    blueprint = load_blueprints(root / "course" / "source" / "blueprints.toml").get(like)
    return {domain.id: domain.title for domain in (blueprint.domains if blueprint else ())}
