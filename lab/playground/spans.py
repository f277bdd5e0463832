"""Sets of places in a shard, as spans from first to last: what was read, and how much of it twice. Pure."""

from collections.abc import Iterable, Sequence

Span = tuple[int, int]
"""First and last place, both included."""


def union(*many: Iterable[Sequence[int]]) -> list[Span]:
    """All places of MANY sets, in order, no span touching another."""
    found: list[Span] = []
    for first, last in sorted((one[0], one[1]) for spans in many for one in spans):
        if last < first:
            continue
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def size(spans: Iterable[Sequence[int]]) -> int:
    """How many places."""
    return sum(last - first + 1 for first, last in union(spans))


def within(spans: Iterable[Sequence[int]], first: int, last: int) -> list[Span]:
    """The places of SPANS from FIRST to LAST."""
    cut = ((max(a, first), min(b, last)) for a, b in union(spans))
    return [(a, b) for a, b in cut if a <= b]


def add(spans: list[Span], first: int, last: int) -> list[Span]:
    """SPANS with one more."""
    return union(spans, [(first, last)])
