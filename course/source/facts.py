"""The facts about AWS that the course stands on: read, checked, and what hangs on each. `make facts` lists those
that were last looked up more than a year ago.

    python -m course.source.facts [--all] [--on 2027-11-29]
"""

import argparse
import datetime
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from grader.bank.facts import Fact, FactError
from grader.bank.facts import load as read
from grader.bank.items import load_bank
from lab.rules import prices, quotas

SOURCE: Final = Path(__file__).resolve().parent
__all__ = ["SOURCE", "Fact", "FactError", "hanging", "load", "old"]
YEAR: Final = datetime.timedelta(days=365)


def load(path: Path = SOURCE / "facts.toml") -> dict[str, Fact]:
    """The facts of the course by id. Raises FactError when a rule is broken."""
    return read(path)


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
    for item in load_bank(source):
        yield from ((one, f"question {item.id}") for one in item.facts)
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
