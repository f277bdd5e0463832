"""The facts about AWS that the course stands on: read, checked, and what hangs on each. `make facts` lists those
that were last looked up more than a year ago.

    python -m course.source.facts [--all] [--on 2027-11-29]
"""

import argparse
import datetime
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from course.source.quantities import Quantity, of_fact
from lab.rules import prices, quotas

SOURCE: Final = Path(__file__).resolve().parent
YEAR: Final = datetime.timedelta(days=365)
ID: Final = re.compile(r"[a-z][a-z-]*\.[a-z0-9][a-z0-9-]*")
KEYS: Final = {"id", "statement", "quantities", "sources", "checked", "graded"}


class FactError(ValueError):
    """facts.toml breaks its rules, or something points to a fact that isn't there; says where."""


@dataclass(frozen=True)
class Fact:
    """What AWS says or does. `sources`: names of pages with their addresses; `graded`: may a mark hang on it?"""

    id: str
    statement: str
    quantities: tuple[Quantity, ...]
    sources: tuple[str, ...]
    checked: datetime.date
    graded: bool


def load(path: Path = SOURCE / "facts.toml") -> dict[str, Fact]:
    """The facts by id, in the file's order. Raises FactError when a rule is broken."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    pages = {key: f"{page['name']} ({page['url']})" for key, page in data["source"].items()}
    facts: dict[str, Fact] = {}
    for entry in data["fact"]:
        fact = _read(entry, pages)
        if fact.id in facts:
            raise FactError(f"{path.name}: the id {fact.id!r} stands twice")
        facts[fact.id] = fact
    return facts


def _read(entry: Mapping[str, Any], pages: Mapping[str, str]) -> Fact:
    where = f"facts.toml, fact {entry.get('id', entry)!r}"
    if unknown := sorted(set(entry) - KEYS):
        raise FactError(f"{where}: unknown key {', '.join(unknown)}")
    if missing := sorted(KEYS - {"quantities"} - set(entry)):
        raise FactError(f"{where}: {', '.join(missing)} is missing")
    if not ID.fullmatch(entry["id"]):
        raise FactError(
            f"{where}: an id is two words of small letters with a dot, such as shards.write-bytes"
        )
    if lost := sorted(set(entry["sources"]) - set(pages)):
        raise FactError(f"{where}: no [source] is called {', '.join(lost)}")
    if not entry["sources"] or not entry["statement"].strip():
        raise FactError(f"{where}: a fact has a statement and a source")
    try:
        quantities = tuple(of_fact(text) for text in entry.get("quantities", []))
    except ValueError as error:
        raise FactError(f"{where}: {error}") from None
    sources = tuple(pages[key] for key in entry["sources"])
    return Fact(
        entry["id"], entry["statement"], quantities, sources, entry["checked"], entry["graded"]
    )


def old(facts: Mapping[str, Fact], on: datetime.date) -> list[Fact]:
    """Facts that were last looked up more than a year before this day, the oldest first."""
    return sorted(
        (fact for fact in facts.values() if on - fact.checked > YEAR), key=lambda fact: fact.checked
    )


def hanging(source: Path = SOURCE) -> dict[str, list[str]]:
    """For the id of a fact, what points to it: lessons, questions, claims, quotas and prices."""
    found: dict[str, list[str]] = {}
    for one, what in [*_of_the_course(source), *_of_the_lab()]:
        found.setdefault(one, []).append(what)
    return found


def _of_the_course(source: Path) -> Iterator[tuple[str, str]]:
    for lesson in _toml(source / "course.toml")["lesson"]:
        yield from ((one, f"lesson {lesson['name']}") for one in lesson.get("facts", ()))
    for path in sorted((source / "questions").glob("*.toml")):
        for question in _toml(path)["question"]:
            what = f"question {path.stem}/{question['id']}"
            yield from ((one, what) for one in question.get("facts", ()))
    for claim in _toml(source / "claims.toml")["claim"]:
        yield from (
            (one, f"claim of note {claim['seed']}: {claim['claim']}")
            for one in claim.get("facts", ())
        )


def _of_the_lab() -> Iterator[tuple[str, str]]:
    yield from ((one, f"quota {name}") for name, one in quotas.FACTS.items())
    yield from (
        (rate.fact, f"quota of {name} calls") for name, rate in quotas.CONTROL_RATES.items()
    )
    yield from ((one, f"constant {name} of the prices") for name, one in prices.FACTS.items())
    yield from ((row.fact, f"price of {row.mode} {row.dimension}") for row in prices.PRICES)


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def described(fact: Fact, what: list[str]) -> str:
    """A fact with its sources and what hangs on it, for a maintainer's eyes."""
    lines = [
        f"{fact.id}  (looked up {fact.checked}{'' if fact.graded else ', not graded'})",
        f"  {fact.statement}",
    ]
    lines += [f"  look up: {page}" for page in fact.sources]
    lines += [f"  hangs on it: {one}" for one in what] or ["  nothing hangs on it"]
    return "\n".join(lines)


def main() -> int:
    """Exit status: 0 nothing is older than a year, 1 something is."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="list every fact, however new")
    parser.add_argument(
        "--on", type=datetime.date.fromisoformat, default=datetime.date.today(), metavar="DAY"
    )
    asked = parser.parse_args()
    facts, what = load(), hanging()
    due = old(facts, asked.on)
    for fact in facts.values() if asked.all else due:
        print(described(fact, what.get(fact.id, [])), end="\n\n")
    print(f"{len(facts)} facts; {len(due)} were looked up more than a year before {asked.on}.")
    return int(bool(due))


if __name__ == "__main__":
    sys.exit(main())
