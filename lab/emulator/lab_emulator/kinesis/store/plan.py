"""The splits and merges by which UpdateShardCount reaches equal ranges (UNIFORM_SCALING). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from lab.rules.hash_space import HashRange, even_ranges

NEAR: int = 2**20
"""Hash keys by which a boundary may miss the even one: the guide's middle, (start + end) / 2, is one off."""


@dataclass(frozen=True)
class Split:
    """Cut the shard that holds the hash key before `at` and at `at` in two."""

    at: int


@dataclass(frozen=True)
class Merge:
    """Join the shard that ends before `at` with the one that begins there."""

    at: int


def plan(ranges: Sequence[HashRange], target: int) -> list[Split | Merge]:
    """Steps from the open RANGES, in the order of their shards' ids, to TARGET equally wide ones.

    Splits first, in the order of the shards, then merges: the open shards cover the whole hash space at
    every step. Shards that are made on the way and merged again are closed afterwards, as on AWS.
    """
    wanted = [one.start for one in even_ranges(target)][1:]
    present = sorted(one.start for one in ranges)[1:]
    splits: list[Split | Merge] = []
    for one in ranges:
        inside = [at for at in wanted if one.start < at <= one.end and not _near(at, present)]
        splits += [Split(at) for at in inside]
    merges = [Merge(at) for at in present if not _near(at, wanted)]
    return splits + list(merges)


def _near(at: int, boundaries: Sequence[int]) -> bool:
    return any(abs(at - boundary) < NEAR for boundary in boundaries)


def is_even(ranges: Sequence[HashRange]) -> bool:
    """Whether sorted RANGES are equally wide but for a few hash keys."""
    wanted = even_ranges(len(ranges))
    covers = all(a.end + 1 == b.start for a, b in pairwise(ranges))
    return covers and all(abs(a.start - b.start) < NEAR for a, b in zip(ranges, wanted, strict=True))
