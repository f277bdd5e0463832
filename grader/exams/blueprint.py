"""The shape of an exam: how many items, from which domains with which weights, in how many minutes.

course/source/blueprints.toml holds them and names AWS's guides as the source of domains and weights.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.bank.items import Item


class BlueprintError(ValueError):
    """blueprints.toml breaks its form, or names no such exam; says what is wrong."""


@dataclass(frozen=True)
class Domain:
    """A domain of an exam. `weight`: its share of the exam's points, in any unit."""

    id: str
    title: str
    weight: int


@dataclass(frozen=True)
class Blueprint:
    """An exam's shape. `domains` is empty where each lesson is a domain of equal weight."""

    id: str
    title: str
    items: int
    minutes: int
    domains: tuple[Domain, ...]

    def domains_served(self, item: Item) -> tuple[str, ...]:
        """Ids of the domains that an item may be drawn for: those of its tags, or its lesson."""
        if not self.domains:
            return (item.lesson,)
        tags = (tag.split(" ", 1) for tag in item.exams)
        numbers = (number.split(".", 1)[0] for exam, number in tags if exam == self.id)
        return tuple(dict.fromkeys(numbers))

    def shares(self, items: Iterable[Item]) -> tuple[Domain, ...]:
        """The domains to draw from: those of the blueprint, or the lessons of `items`."""
        if self.domains:
            return self.domains
        return tuple(Domain(lesson, lesson, 1) for lesson in sorted({item.lesson for item in items}))


def load_blueprints(path: Path) -> dict[str, Blueprint]:
    """The exams by id, in the file's order. Raises BlueprintError."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        exams = [_read(entry) for entry in data["exam"]]
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise BlueprintError(f"{path.name} is not in order: {error}.") from None
    return {exam.id: exam for exam in exams}


def _read(entry: Mapping[str, Any]) -> Blueprint:
    domains = tuple(Domain(str(d["id"]), str(d["title"]), int(d["weight"])) for d in entry["domains"])
    made = Blueprint(entry["id"], entry["title"], int(entry["items"]), int(entry["minutes"]), domains)
    if made.items < 1 or made.minutes < 1 or any(domain.weight < 1 for domain in domains):
        raise ValueError(f"exam {made.id}: items, minutes and weights are 1 or more")
    return made
