"""Cuts through a shard as answers: judged by what they part, never by where exactly they lie."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

DIGITS: Final = 39
"""Of the largest hash key, 2 ** 128 - 1."""


@dataclass(frozen=True)
class Isolates:
    """A dictionary {"shard": id or None, "cuts": [hash keys as texts]}: which shard to split, and where.

    `expected` is {"shard": id or None, "range": [start, end] or None, "key": hash key or None,
    "others": [hash keys]}: numbers as texts, as ListShards has them. Where `key` is None, no cut helps, and
    none is right. Otherwise at most `most` cuts, each within the part that it cuts, part `key` from all
    `others`.
    """

    most: int
    name: ClassVar[str] = "isolates"

    def differs(self, expected: Any, answer: Any) -> str | None:
        if not isinstance(answer, dict) or set(answer) != {"shard", "cuts"}:
            return "is not a dictionary with the two keys 'shard' and 'cuts'"
        return self._of_shard(expected["shard"], answer["shard"]) or self._of_cuts(expected, answer["cuts"])

    def _of_shard(self, expected: str | None, named: Any) -> str | None:
        if named == expected and type(named) is type(expected):
            return None
        if expected is None:
            return "names a shard, where no shard is sent more than it takes"
        if named is None:
            return "names no shard, where one is sent more than it takes"
        return "names another shard than the one that is sent more than it takes"

    def _of_cuts(self, expected: Mapping[str, Any], cuts: Any) -> str | None:
        if not isinstance(cuts, list):
            return "has 'cuts' that are not a list"
        if not all(_is_hash_key(cut) for cut in cuts):
            return "has a cut that is not a string of digits"
        if expected["key"] is None:
            why = "no split helps" if expected["shard"] else "no shard has to be split"
            return f"cuts, where {why}" if cuts else None
        if not cuts:
            return "cuts nothing, where a split helps"
        if len(cuts) > self.most:
            return f"has {len(cuts)} cuts, where {self.most} are enough"
        return _parted(expected, [int(cut) for cut in cuts])


def _is_hash_key(cut: Any) -> bool:
    return isinstance(cut, str) and cut.isascii() and cut.isdigit() and len(cut) <= DIGITS


def _parted(expected: Mapping[str, Any], cuts: list[int]) -> str | None:
    """Make the cuts one after the other in the range; words on what is wrong with them."""
    start, end = (int(limit) for limit in expected["range"])
    starts = [start]
    for number, cut in enumerate(cuts, 1):
        if not start <= cut <= end:
            return f"has cut {number} outside the shard's range"
        if cut in starts:
            return f"has cut {number} where a range begins already, so that it parts nothing"
        starts.append(cut)

    def place(hash_key: str) -> int:
        """The start of the part that holds it."""
        return max(one for one in starts if one <= int(hash_key))

    home = place(expected["key"])
    beside = sum(place(other) == home for other in expected["others"])
    if beside:
        return f"leaves {beside} other key{'s' * (beside != 1)} in the busiest key's shard"
    return None
