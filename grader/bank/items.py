"""The items of the bank, read from data: what a learner is asked, with a reason for every option.

Items stand in course/source/questions/bank/, a file for each lesson. The knowledge checks that a lesson shows
(course/source/questions/NN-topic.toml) count as items too. An item is named LESSON/ID for ever; whoever
changes what it asks raises its version.
"""

import datetime
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from grader.tasks.questions import Option, Question, QuestionError, load_questions

KINDS: Final = ("choice", "several", "ordering", "matching")
LEVELS: Final = ("know", "apply", "analyse")
ID: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

_COMMON: Final = {
    "id": str, "version": int, "kind": str, "level": str, "angoff": float, "date": datetime.date,
    "exams": list, "facts": list, "stem": str,
}  # fmt: skip
_OPTIONAL: Final = {"read": str, "own": list}
_BODY: Final[dict[str, dict[str, dict[str, type]]]] = {
    "choice": {"options": {"text": str, "right": bool, "why": str}},
    "several": {"options": {"text": str, "right": bool, "why": str}},
    "ordering": {"steps": {"text": str, "why": str}},
    "matching": {"pairs": {"text": str, "match": str, "why": str}, "spare": {"text": str, "why": str}},
}
_SAID: Final = {
    str: "text in quotes", int: "a whole number", float: "a number such as 0.6", bool: "true or false",
    list: "a list of texts", datetime.date: "a date such as 2026-11-29",
}  # fmt: skip


class BankError(ValueError):
    """The bank's data breaks its form; one line for each fault, with the file and the item."""


@dataclass(frozen=True)
class Step:
    """One step of an ordering item, and why it stands where it stands."""

    text: str
    why: str


@dataclass(frozen=True)
class Pair:
    """A prompt of a matching item, the answer that belongs to it, and why."""

    text: str
    match: str
    why: str


@dataclass(frozen=True)
class Item:
    """One item. `options` for choice and several; `steps`, in their right order, for ordering; `pairs`,
    and the `spare` answers that fit nothing, for matching.

    `angoff`: our estimate of the share of just-qualified candidates who get it right, None for a knowledge
    check (exams draw items with an estimate only). `read`: the heading in the lesson to read. `own`: numbers
    of the item's situation and what is worked out from them. `scenario`: what the items of a `case` share.
    """

    id: str
    lesson: str
    version: int
    kind: str
    stem: str
    exams: tuple[str, ...]
    facts: tuple[str, ...]
    level: str | None = None
    angoff: float | None = None
    date: datetime.date | None = None
    read: str = ""
    own: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    steps: tuple[Step, ...] = ()
    pairs: tuple[Pair, ...] = ()
    spare: tuple[Step, ...] = ()
    case: str = ""
    scenario: str = ""
    is_check: bool = False

    @property
    def right(self) -> tuple[int, ...]:
        """Positions of the right options, from 0."""
        return tuple(place for place, option in enumerate(self.options) if option.right)

    @property
    def answers(self) -> tuple[str, ...]:
        """What can be chosen, ordered or matched."""
        rows: tuple[Option | Step, ...] = (*self.options, *self.steps, *self.spare)
        return (
            *(row.text for row in rows),
            *(text for pair in self.pairs for text in (pair.text, pair.match)),
        )

    @property
    def reasons(self) -> tuple[str, ...]:
        """The `why` of everything that can be chosen, ordered or matched."""
        rows: tuple[Option | Step | Pair, ...] = (*self.options, *self.steps, *self.pairs, *self.spare)
        return tuple(row.why for row in rows)


def load_bank(source: Path) -> list[Item]:
    """All items of the course in `source` (course/source), by lesson. Raises BankError with all faults."""
    items, faults = read_bank(source)
    if faults:
        raise BankError("\n".join(faults))
    return items


def read_bank(source: Path) -> tuple[list[Item], list[str]]:
    """The items that can be read, and what is wrong with the form of the others."""
    items: list[Item] = []
    faults: list[str] = []
    folder = source / "questions"
    for path in sorted(folder.glob("*.toml")):
        try:
            items += [_of_check(path.stem, check) for check in load_questions(path).values()]
        except QuestionError as error:
            faults.append(str(error))
    of_bank, wrong = read_items(folder / "bank")
    return sorted([*items, *of_bank], key=lambda item: item.lesson), faults + wrong


def read_items(folder: Path) -> tuple[list[Item], list[str]]:
    """The items in a folder's files NN-topic.toml, and what is wrong with the form of the others."""
    items: list[Item] = []
    faults: list[str] = []
    for path in sorted(folder.glob("*.toml")):
        of_file, wrong = _read_file(path)
        items += of_file
        faults += wrong
    return items, faults


def _of_check(lesson: str, check: Question) -> Item:
    return Item(
        id=f"{lesson}/{check.id}",
        lesson=lesson,
        version=1,
        kind="several" if check.multiple else "choice",
        stem=check.text,
        exams=check.exam_tasks,
        facts=check.facts,
        options=check.options,
        is_check=True,
    )


def _read_file(path: Path) -> tuple[list[Item], list[str]]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return [], [f"{path.parent.name}/{path.name} is not valid TOML: {error}."]
    items: list[Item] = []
    faults = [
        f"{path.parent.name}/{path.name}: unknown {key}; known are item, case."
        for key in sorted(set(data) - {"item", "case"})
    ]
    for entry, case, where in _entries(data, f"{path.parent.name}/{path.name}"):
        wrong = list(_faults(entry, where))
        faults += wrong
        if not wrong:
            items.append(_item(path.stem, entry, case))
    for number, case in enumerate(data.get("case", ()), start=1):
        where = f"{path.parent.name}/{path.name}, case {case.get('id', number)}"
        faults += _wrong_keys(case, {"id": str, "scenario": str, "item": list}, {"own": list}, where)
    return items, faults


def _entries(
    data: Mapping[str, Any], where: str
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any], str]]:
    """Each item with its case (empty for an item that stands alone) and where it is."""
    for number, entry in enumerate(data.get("item", ()), start=1):
        yield entry, {}, f"{where}, item {entry.get('id', number)}"
    for case in data.get("case", ()):
        for number, entry in enumerate(case.get("item", ()), start=1):
            yield entry, case, f"{where}, case {case.get('id')}, item {entry.get('id', number)}"


def _faults(entry: Mapping[str, Any], where: str) -> Iterator[str]:
    if entry.get("kind") not in KINDS:
        yield f"{where}: kind is one of {', '.join(KINDS)}, not {entry.get('kind')!r}."
        return
    body = _BODY[entry["kind"]]
    needed = {**_COMMON, **dict.fromkeys(set(body) - {"spare"}, list)}
    wrong = list(_wrong_keys(entry, needed, {**_OPTIONAL, **dict.fromkeys(body, list)}, where))
    yield from wrong
    if wrong:
        return
    if not ID.fullmatch(entry["id"]):
        yield f"{where}: an id is small letters and digits with dashes between."
    if entry["level"] not in LEVELS:
        yield f"{where}: level is one of {', '.join(LEVELS)}, not {entry['level']!r}."
    if entry["version"] < 1:
        yield f"{where}: version counts from 1."
    for key, keys in body.items():
        for number, row in enumerate(entry.get(key, ()), start=1):
            if isinstance(row, dict):
                yield from _wrong_keys(row, keys, {}, f"{where}, {key} {number}")
            else:
                yield f"{where}, {key} {number}: write a table such as {{ {', '.join(keys)} }}."


def _wrong_keys(
    entry: Mapping[str, Any], needed: Mapping[str, type], other: Mapping[str, type], where: str
) -> Iterator[str]:
    if unknown := sorted(set(entry) - set(needed) - set(other)):
        known = ", ".join(sorted({*needed, *other}))
        yield f"{where}: unknown {', '.join(unknown)}; known are {known}."
    for key, kind in {**other, **needed}.items():
        value = entry.get(key)
        if value is None:
            if key in needed:
                yield f"{where}: `{key}` is missing; write {_SAID[kind]}."
        elif type(value) is not kind:
            yield f"{where}: `{key}` is {_SAID[kind]}, not {value!r}."
        elif isinstance(value, str) and not value.strip():
            yield f"{where}: `{key}` is empty."


def _item(lesson: str, entry: Mapping[str, Any], case: Mapping[str, Any]) -> Item:
    return Item(
        id=f"{lesson}/{entry['id']}",
        lesson=lesson,
        version=entry["version"],
        kind=entry["kind"],
        stem=_flat(entry["stem"]),
        exams=tuple(entry["exams"]),
        facts=tuple(entry["facts"]),
        level=entry["level"],
        angoff=entry["angoff"],
        date=entry["date"],
        read=entry.get("read", ""),
        own=(*case.get("own", ()), *entry.get("own", ())),
        options=tuple(
            Option(_flat(r["text"]), r["right"], _flat(r["why"])) for r in entry.get("options", ())
        ),
        steps=tuple(_steps(entry.get("steps", ()))),
        pairs=tuple(
            Pair(_flat(r["text"]), _flat(r["match"]), _flat(r["why"])) for r in entry.get("pairs", ())
        ),
        spare=tuple(_steps(entry.get("spare", ()))),
        case=f"{lesson}/{case['id']}" if case else "",
        scenario=_flat(case["scenario"]) if case else "",
    )


def _steps(rows: Iterable[Mapping[str, str]]) -> Iterator[Step]:
    return (Step(_flat(row["text"]), _flat(row["why"])) for row in rows)


def _flat(text: str) -> str:
    return " ".join(text.split())
