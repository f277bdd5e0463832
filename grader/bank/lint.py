"""Is the bank in order? What a machine can prove about its items, a rule at a time.

Rules that ask for the form of an exam's item leave out the lessons' knowledge checks, which have a form of
their own.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any, Final

from grader.bank.facts import Fact
from grader.bank.facts import load as load_facts
from grader.bank.items import Item, read_bank
from grader.bank.numbers import unused, without_a_fact
from grader.bank.quantities import found

COUNTED: Final = {"two": 2, "three": 3, "four": 4}
SPREAD: Final = (0.15, 0.35)
"""Least and largest share of a position among the right answers, of four positions."""
LONGEST: Final = 0.4
"""Largest share of items whose right option is the longest; chance gives a quarter."""
ENOUGH: Final = 20
"""Below so many items nothing is said about habits."""
ALIKE: Final = 0.5
"""Two items with so large a share of word pairs in common ask the same."""
GUESSED: Final = {"choice": 0.25, "several": 0.1, "ordering": 0.04, "matching": 0.04}
"""What guessing gives at least; an Angoff estimate below it says nothing."""
_CATCH_ALL: Final = re.compile(
    r"\b(?:all|none|any|both|neither) of (?:the )?(?:above|these|those|options|answers)\b"
    r"|\b(?:both|either|neither) [A-F] (?:and|or|nor) [A-F]\b",
    re.IGNORECASE,
)
_CHOOSE: Final = re.compile(r"\(Choose (\w+)\.\)$")
_NUMBER_ALONE: Final = re.compile(r"[^A-Za-z]*\d[\d.,]*\s*(?:[A-Za-z%/]+\s*){0,4}")


@dataclass(frozen=True)
class Course:
    """What items point to: facts, headings of the ready lessons by lesson, and the exams' skills."""

    facts: Mapping[str, Fact]
    headings: Mapping[str, frozenset[str]]
    skills: Mapping[str, frozenset[str]]
    lessons: frozenset[str]


Rule = Callable[[list[Item], Course], Iterator[str]]


def lint(source: Path, only: frozenset[str] = frozenset()) -> list[str]:
    """What is wrong with the bank in `source` (course/source): faults of form first, then by rule.

    Raises KeyError for a rule that isn't there, FactError when facts.toml is not in order.
    """
    rules = {name: RULES[name] for name in sorted(only)} or RULES
    items, faults = read_bank(source)
    course = read_course(source)
    findings = [f"form: {fault}" for fault in faults]
    return findings + [f"{name}: {words}" for name, rule in rules.items() for words in rule(items, course)]


def read_course(source: Path) -> Course:
    """What the items of a course may point to."""
    index = _toml(source / "course.toml")["lesson"]
    exams = _toml(source / "exams.toml")
    ready = [lesson["name"] for lesson in index if lesson["status"] == "ready"]
    return Course(
        facts=load_facts(source / "facts.toml"),
        headings={name: frozenset(_headings(source / "text" / f"{name}.py")) for name in ready},
        skills={
            lesson: frozenset(f"{exam} {skill}" for exam, skills in tags.items() for skill in skills)
            for lesson, tags in exams["lessons"].items()
        },
        lessons=frozenset(lesson["name"] for lesson in index),
    )


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _headings(twin: Path) -> list[str]:
    return re.findall(r"^# #{1,4} (.+?)\s*$", twin.read_text(encoding="utf-8"), re.MULTILINE)


def _of_exams(items: Iterable[Item]) -> list[Item]:
    return [item for item in items if not item.is_check]


def ids(items: list[Item], _: Course) -> Iterator[str]:
    """No id stands twice."""
    for one, times in Counter(item.id for item in items).items():
        if times > 1:
            yield f"the id {one} stands {times} times"


def reasons(items: list[Item], _: Course) -> Iterator[str]:
    """Every option has a reason of its own."""
    for item in _of_exams(items):
        for why, times in Counter(item.reasons).items():
            if times > 1:
                yield f"{item.id}: {times} options have the same why: {why}"
            elif len(why.split()) < 4:
                yield f"{item.id}: the why {why!r} is no reason; write a sentence"


def counts(items: list[Item], _: Course) -> Iterator[str]:
    """As many options, steps and prompts as the kind has, and as many right ones as the stem says."""
    for item in _of_exams(items):
        wrong = {"choice": _of_choice, "several": _of_several}.get(item.kind, _of_rows)(item)
        if wrong:
            yield f"{item.id}: {wrong}"
        if len(set(item.answers)) < len(item.answers):
            yield f"{item.id}: two of its options have the same text"


def _of_choice(item: Item) -> str | None:
    if _CHOOSE.search(item.stem):
        return "its stem asks for several, its kind is choice"
    if len(item.options) != 4 or len(item.right) != 1:
        return f"a choice has 4 options, 1 of them right; here {len(item.right)} of {len(item.options)}"
    return None


def _of_several(item: Item) -> str | None:
    said = _CHOOSE.search(item.stem)
    if not said or said[1] not in COUNTED:
        return "its stem must end by (Choose two.), (Choose three.) or (Choose four.)"
    if COUNTED[said[1]] != len(item.right):
        return f"its stem says {said[1]}, but {len(item.right)} options are right"
    if len(item.options) < 5 or len(item.right) >= len(item.options) - 1:
        return f"give five options or more, two of them wrong at least; here {len(item.options)}"
    return None


def _of_rows(item: Item) -> str | None:
    rows, least, most = (item.steps, 3, 5) if item.kind == "ordering" else (item.pairs, 3, 7)
    return None if least <= len(rows) <= most else f"{item.kind} has {least} to {most} rows, not {len(rows)}"


def positions(items: list[Item], _: Course) -> Iterator[str]:
    """The right answers of choices are spread over the positions."""
    chosen = [item for item in _of_exams(items) if item.kind == "choice" and item.right]
    if len(chosen) < ENOUGH:
        return
    at = Counter(item.right[0] for item in chosen)
    for place, letter in enumerate("ABCD"):
        share = at[place] / len(chosen)
        if not SPREAD[0] <= share <= SPREAD[1]:
            yield f"the right option stands at {letter} in {share:.0%} of {len(chosen)} choices"


def lengths(items: list[Item], _: Course) -> Iterator[str]:
    """The right option is not the longest by habit."""
    chosen = [item for item in _of_exams(items) if item.kind == "choice" and item.right]
    if len(chosen) < ENOUGH:
        return
    longest = [item for item in chosen if _stands_out(item)]
    if (share := len(longest) / len(chosen)) > LONGEST:
        names = ", ".join(item.id for item in longest)
        yield f"the right option is the longest in {share:.0%} of {len(chosen)} choices: {names}"


def _stands_out(item: Item) -> bool:
    others = [len(option.text) for option in item.options if not option.right]
    return len(item.options[item.right[0]].text) > max(others, default=0)


def catch_all(items: list[Item], _: Course) -> Iterator[str]:
    """No "all of the above"."""
    for item in items:
        for text in item.answers:
            if said := _CATCH_ALL.search(text):
                yield f"{item.id}: an option says {said.group()!r}; say what it means"


def endings(items: list[Item], _: Course) -> Iterator[str]:
    """Every stem ends as a sentence does."""
    for item in _of_exams(items):
        if not item.stem.endswith(("?", ".", ":", ".)")):
            yield f"{item.id}: its stem ends by {item.stem[-12:]!r}; end it as a sentence"


def alike(items: list[Item], _: Course) -> Iterator[str]:
    """No two items ask the same."""
    words = [(item, _word_pairs(f"{item.stem} {' '.join(item.answers)}")) for item in items]
    for (one, mine), (other, theirs) in combinations(words, 2):
        share = len(mine & theirs) / max(1, len(mine | theirs))
        if share >= ALIKE:
            yield f"{one.id} and {other.id} have {share:.0%} of their word pairs in common"


def _word_pairs(text: str) -> frozenset[tuple[str, str]]:
    words = re.findall(r"\w+", text.lower())
    return frozenset(pairwise(words))


def facts(items: list[Item], course: Course) -> Iterator[str]:
    """Every fact exists and may be graded."""
    for item in items:
        if not item.facts and not item.is_check:
            yield f"{item.id}: names no fact"
        for one in item.facts:
            if one not in course.facts:
                yield f"{item.id}: there is no fact {one}"
            elif not course.facts[one].graded:
                yield f"{item.id}: nothing may hang on the fact {one}, no source of AWS confirms it"


def numbers(items: list[Item], course: Course) -> Iterator[str]:
    """Every number with a unit is in a fact that the item names, or is of its own situation."""
    for item in _of_exams(items):
        texts = [(item.id, text) for text in (item.scenario, item.stem, *item.answers, *item.reasons)]
        known = [one for one in item.facts if one in course.facts]
        yield from without_a_fact(texts, course.facts, known, item.own)
        if not item.case:
            yield from (f"{item.id}: own number {text} is nowhere in it" for text in unused(texts, item.own))
        yield from (f"{item.id}: own number {text!r} has no unit" for text in item.own if not [*found(text)])


def number_hunts(items: list[Item], _: Course) -> Iterator[str]:
    """No item asks for a bare number: numbers alone as options need a situation with numbers of its own."""
    for item in _of_exams(items):
        if item.options and not item.own and all(_NUMBER_ALONE.fullmatch(o.text) for o in item.options):
            yield f"{item.id}: its options are bare numbers and its stem has no situation to work from"


def exams(items: list[Item], course: Course) -> Iterator[str]:
    """Every exam tag is one that exams.toml has for the lesson."""
    for item in _of_exams(items):
        if not item.exams:
            yield f"{item.id}: names no skill of an exam"
        for tag in item.exams:
            if tag not in course.skills.get(item.lesson, frozenset()):
                yield f"{item.id}: exams.toml has no {tag!r} for {item.lesson}"


def reading(items: list[Item], course: Course) -> Iterator[str]:
    """Every item leads to a lesson, and to a heading in it once the lesson is ready."""
    for item in _of_exams(items):
        if item.lesson not in course.lessons:
            yield f"{item.id}: course.toml has no lesson {item.lesson}"
        elif item.lesson in course.headings and item.read not in course.headings[item.lesson]:
            yield f"{item.id}: lesson {item.lesson} has no heading {item.read!r} to read; name one it has"


def angoff(items: list[Item], _: Course) -> Iterator[str]:
    """An estimate lies above what guessing gives and below certainty."""
    for item in _of_exams(items):
        if item.angoff is None or not GUESSED[item.kind] < item.angoff < 1:
            yield f"{item.id}: an Angoff estimate lies between {GUESSED[item.kind]} and 1, not {item.angoff}"


def cases(items: list[Item], _: Course) -> Iterator[str]:
    """A case has three items on one scenario."""
    for case, size in Counter(item.case for item in items if item.case).items():
        if size != 3:
            yield f"case {case} has {size} items, not 3"


RULES: Final[Mapping[str, Rule]] = {
    "ids": ids,
    "reasons": reasons,
    "counts": counts,
    "positions": positions,
    "lengths": lengths,
    "catch-all": catch_all,
    "endings": endings,
    "alike": alike,
    "facts": facts,
    "numbers": numbers,
    "number-hunts": number_hunts,
    "exams": exams,
    "reading": reading,
    "angoff": angoff,
    "cases": cases,
}
