"""A lint's rule: wrong answers that a learner gets no words of their own for, the likeliest first.

Likely are, in this order: what an author has kept as a wrong answer, slips of a unit or of rounding, a limit
that is met exactly (`>=` for `>`), a constant that is off, anything else that mutants have.
"""

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from grader.authoring.mutants import Mutant
from grader.authoring.trial import Trial

SHOWN: Final = 12
"""Of a task."""
KEPT, SLIP, EDGE, CONSTANT, OTHER = range(5)
EDGES: Final = {">": ">=", ">=": ">", "<": "<=", "<=": "<"}

Answer = Callable[..., Any]
Candidate = tuple[int, str, Answer | None]
"""How unlikely it is, its name, the answer."""


def wordless(candidates: Iterator[Candidate], trials: Sequence[Trial]) -> list[str]:
    """The wrong ones among CANDIDATES in which no misconception is recognised, the likeliest first."""
    found = []
    for rank, name, answer in candidates:
        mark = trials[0].mark(answer)
        if mark.points < mark.max_points and mark.misconception is None:
            found.append((rank, name))
    return [name for _, name in sorted(found, key=lambda one: one[0])]


def rank_of(mutant: Mutant) -> int:
    """How unlikely a mutant is as a learner's answer."""
    before, _, after = mutant.name.partition(" → ")
    for less, more in EDGES.items():
        if f" {less} " in before and before.replace(f" {less} ", f" {more} ", 1) == after:
            return EDGE
    return CONSTANT if _is_constant(before) else OTHER


def _is_constant(text: str) -> bool:
    try:
        return isinstance(ast.parse(text, mode="eval").body, ast.Constant)
    except SyntaxError:
        return False


def told(task: str, names: Sequence[str]) -> str:
    """A line for the author."""
    if not names:
        return f"{task}: every wrong answer that was tried has words of its own."
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{task}: without words of their own, the likeliest first: {'; '.join(names[:SHOWN])}{more}."
