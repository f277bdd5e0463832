"""An exam drawn from the bank by a seed: which items, in which order, with which order of options.

Every choice goes by SHA-256 of the seed and a name, so the same seed and the same bank give the same exam on
every machine and with every Python.
"""

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from grader.bank.items import Item
from grader.exams.blueprint import Blueprint

SEED_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""No letters that look like digits: a seed is read aloud and typed."""

Answer = Sequence[int | None]
"""What was chosen, by places as shown, from 0. Choice and several: the places chosen. Ordering: for
each position, from the first step on, the place of its step, or None. Matching: for each prompt the place of
its answer, or None."""


class DrawError(ValueError):
    """The bank has too few items for the exam; says how many and where."""


@dataclass(frozen=True)
class Question:
    """An item as drawn. `order`: at each place shown, the index of the answer in the item's own data."""

    item: Item
    domain: str
    order: tuple[int, ...]

    @property
    def choose(self) -> int:
        """How many answers belong to it."""
        return len(self.right)

    @property
    def right(self) -> tuple[int, ...]:
        """The right answer, by places as shown."""
        places = {index: place for place, index in enumerate(self.order)}
        return tuple(places[index] for index in _right_indexes(self.item))

    def is_right(self, answer: Answer | None) -> bool:
        """All or nothing, as AWS marks: for several, all the right ones and no other."""
        if answer is None:
            return False
        if self.item.kind in ("choice", "several"):
            return sorted(self.right) == sorted(place for place in answer if place is not None)
        return list(self.right) == list(answer)

    def shown(self, number: int) -> dict[str, Any]:
        """What a candidate may see: no key, no reason, and nothing whose order tells the answer."""
        texts = _texts(self.item)
        return {
            "number": number,
            "kind": self.item.kind,
            "scenario": self.item.scenario,
            "stem": self.item.stem,
            "prompts": [pair.text for pair in self.item.pairs],
            "options": [texts[index] for index in self.order],
            "choose": self.choose,
        }

    def explained(self) -> list[dict[str, Any]]:
        """For each place shown: its text, why, and whether it is right. For the review after the end."""
        texts, reasons, right = _texts(self.item), _reasons(self.item), set(_right_indexes(self.item))
        return [
            {"text": texts[index], "why": reasons[index], "right": index in right} for index in self.order
        ]


def _texts(item: Item) -> list[str]:
    if item.options:
        return [option.text for option in item.options]
    if item.steps:
        return [step.text for step in item.steps]
    return [*(pair.match for pair in item.pairs), *(row.text for row in item.spare)]


def _reasons(item: Item) -> list[str]:
    return list(item.reasons)


def _right_indexes(item: Item) -> tuple[int, ...]:
    return item.right if item.options else tuple(range(len(item.steps or item.pairs)))


def is_form(shown: Mapping[str, Any], answer: Any) -> bool:
    """Can this be an answer to a question as shown? Types and ranges; nothing of whether it is right."""
    if not isinstance(answer, list):
        return False
    places, prompts = len(shown["options"]), len(shown["prompts"])
    inside = all(type(place) is int and 0 <= place < places for place in answer if place is not None)
    if not inside:
        return False
    given = [place for place in answer if place is not None]
    alone = len(set(given)) == len(given)
    if shown["kind"] == "matching":
        return len(answer) == prompts
    if shown["kind"] == "ordering":
        return alone and len(answer) == places
    return alone and len(given) == len(answer) <= shown["choose"]


def new_seed() -> str:
    """Eight letters, about 40 bits."""
    return "".join(secrets.choice(SEED_LETTERS) for _ in range(8))


def for_exams(items: Iterable[Item]) -> list[Item]:
    """The items that an exam may draw: those with an estimate, which knowledge checks don't have."""
    return [item for item in items if item.angoff is not None]


def bank_digest(items: Iterable[Item]) -> str:
    """Which bank an exam was drawn from: SHA-256 of the ids and versions of what may be drawn."""
    lines = sorted(f"{item.id} {item.version}\n" for item in for_exams(items))
    return f"sha256:{hashlib.sha256(''.join(lines).encode()).hexdigest()}"


def places(weights: Mapping[str, int], room: Mapping[str, int], count: int) -> dict[str, int]:
    """COUNT places shared out by weight, with largest remainders; no domain gets more than its ROOM.

    What a domain has no room for is shared out among the others, by weight again.
    """
    given = dict.fromkeys(weights, 0)
    while left := min(count, sum(room.get(name, 0) for name in weights)) - sum(given.values()):
        unfilled = [name for name in weights if given[name] < room.get(name, 0)]
        total = sum(weights[name] for name in unfilled)
        quotas = {name: left * weights[name] / total for name in unfilled}
        more = {name: int(quota) for name, quota in quotas.items()}
        by_remainder = sorted(unfilled, key=lambda name: more[name] - quotas[name])
        for name in by_remainder[: left - sum(more.values())]:
            more[name] += 1
        for name in unfilled:
            given[name] += min(more[name], room[name] - given[name])
    return given


def draw(items: Iterable[Item], blueprint: Blueprint, seed: str) -> list[Question]:
    """The exam of this seed. Raises DrawError when the bank can't fill it.

    Domains with the fewest candidates draw first, for an item may serve several. Where one is left short by
    that, items of the others fill its places.
    """
    bank = for_exams(items)
    served = {item.id: blueprint.domains_served(item) for item in bank}
    weights = {domain.id: domain.weight for domain in blueprint.shares(bank)}
    candidates = {name: [item for item in bank if name in served[item.id]] for name in weights}
    wanted = places(weights, {name: len(found) for name, found in candidates.items()}, blueprint.items)
    taken: dict[str, tuple[Item, str]] = {}
    for name in sorted(weights, key=lambda name: (len(candidates[name]), name)):
        fresh = [item for item in _ranked(candidates[name], seed) if item.id not in taken]
        taken.update({item.id: (item, name) for item in fresh[: wanted[name]]})
    spare = [item for item in _ranked(bank, seed) if served[item.id] and item.id not in taken]
    taken.update({item.id: (item, served[item.id][0]) for item in spare[: blueprint.items - len(taken)]})
    if len(taken) < blueprint.items:
        raise DrawError(
            f"The bank has {len(taken)} items for {blueprint.id}; its exam asks {blueprint.items}."
        )
    return ordered(taken.values(), seed)


def drawn(items: Iterable[Item], seed: str) -> list[Question]:
    """These very items, in an order of the seed, each for its lesson: for what is asked again."""
    return ordered([(item, item.lesson) for item in items], seed)


def ordered(found: Iterable[tuple[Item, str]], seed: str) -> list[Question]:
    """Items with their domains as questions, in an order of the seed."""
    return [_question(item, domain, seed) for item, domain in _in_order(found, seed)]


def _question(item: Item, domain: str, seed: str) -> Question:
    indexes = range(len(_texts(item)))
    order = sorted(indexes, key=lambda index: _rank(seed, f"{item.id} {index}"))
    if item.kind == "ordering" and order == list(indexes):
        order.reverse()  # as shown it must not be the answer already
    return Question(item, domain, tuple(order))


def _rank(seed: str, name: str) -> bytes:
    return hashlib.sha256(f"{seed}\n{name}".encode()).digest()


def _ranked(items: Iterable[Item], seed: str) -> list[Item]:
    return sorted(items, key=lambda item: _rank(seed, item.id))


def _in_order(found: Iterable[tuple[Item, str]], seed: str) -> list[tuple[Item, str]]:
    """In the seed's order, but the items of a case one after another."""
    return sorted(
        found, key=lambda pair: (_rank(seed, f"at {pair[0].case or pair[0].id}"), _rank(seed, pair[0].id))
    )
