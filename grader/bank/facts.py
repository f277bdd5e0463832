"""The facts about AWS in course/source/facts.toml: read, and refused when a rule is broken."""

import datetime
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from grader.bank.quantities import Quantity, of_fact

ID: Final = re.compile(r"[a-z][a-z-]*\.[a-z0-9][a-z0-9-]*")
KEYS: Final = {"id", "statement", "quantities", "sources", "checked", "graded"}


class FactError(ValueError):
    """facts.toml breaks its rules, or something points to a fact that isn't there; says where."""


@dataclass(frozen=True)
class Fact:
    """What AWS says or does. `sources`: pages with their addresses; `graded`: may a mark hang on it?"""

    id: str
    statement: str
    quantities: tuple[Quantity, ...]
    sources: tuple[str, ...]
    checked: datetime.date
    graded: bool


def load(path: Path) -> dict[str, Fact]:
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
    return Fact(entry["id"], entry["statement"], quantities, sources, entry["checked"], entry["graded"])
