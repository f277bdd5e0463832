"""Spans are sets of places: each operation against Python's own sets."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lab.playground import spans

SPANS = st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), max_size=8)


def places(many: list[tuple[int, int]]) -> set[int]:
    return {place for first, last in many for place in range(first, last + 1)}


@given(SPANS, SPANS)
def test_union_and_size(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    both = spans.union(one, other)
    assert places(both) == places(one) | places(other)
    assert spans.size(both) == len(places(both))
    assert all(b[0] > a[1] + 1 for a, b in pairwise(both)), "in order, none touching"


@given(SPANS, st.integers(1, 40), st.integers(1, 40))
def test_within(one: list[tuple[int, int]], first: int, last: int) -> None:
    assert places(spans.within(one, first, last)) == places(one) & set(range(first, last + 1))


@given(SPANS, st.integers(1, 40), st.integers(0, 9))
def test_add(one: list[tuple[int, int]], first: int, more: int) -> None:
    assert places(spans.add(one, first, first + more)) == places(one) | set(range(first, first + more + 1))
