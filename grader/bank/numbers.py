"""Numbers with units that a text states, held against facts and the numbers of its own example."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from grader.bank.facts import Fact
from grader.bank.quantities import Quantity, found

FENCED: Final = re.compile(r"```.*?```", re.DOTALL)
CODE: Final = re.compile(r"`[^`]*`")
MARKED: Final = re.compile(r"[*`]")


def stated(text: str) -> Iterator[Quantity]:
    """The quantities of a text, code left out."""
    return found(MARKED.sub("", CODE.sub("code", FENCED.sub("", text))))


def without_a_fact(
    texts: Iterable[tuple[str, str]],
    facts: Mapping[str, Fact],
    ids: Iterable[str],
    own: Iterable[str],
) -> list[str]:
    """What stands in the texts and is neither of these facts nor among the own numbers; says where, and which
    facts would have it."""
    known = [quantity for one in ids for quantity in facts[one].quantities]
    known += [quantity for text in own for quantity in found(text)]
    wrong = []
    for where, text in texts:
        for quantity in stated(text):
            if any(quantity.same(one) for one in known):
                continue
            have = [fact.id for fact in facts.values() if any(quantity.same(one) for one in fact.quantities)]
            told = f"facts that have it: {', '.join(have)}" if have else "no fact has it"
            wrong.append(f"{where} says {quantity.words}; {told}")
    return wrong


def unused(texts: Iterable[tuple[str, str]], own: Iterable[str]) -> list[str]:
    """Own numbers that nothing states any more."""
    there: list[Any] = [quantity for _, text in texts for quantity in stated(text)]
    return [text for text in own if not all(any(q.same(one) for one in there) for q in found(text))]
