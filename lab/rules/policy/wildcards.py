"""Matching of `*` and `?`, as IAM's pages describe it, in time that no pattern can blow up.

`*` stands for any number of characters, `/` among them; `?` for exactly one; nothing else is special.
Sources, IAM User Guide: "IAM JSON policy elements: Resource" (reference_policies_elements_resource.html)
and "IAM JSON policy elements: Condition operators" (reference_policies_elements_condition_operators.html).
"""

from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache
from typing import Final, TypeAlias


class Wild(Enum):
    """A wildcard in a pattern; a `*` or `?` that is meant literally is a plain character."""

    ANY = "*"
    ONE = "?"


class Colons(Enum):
    """Where a wildcard may stand for a colon. The first five colons of an ARN separate its parts.

    Resource page: "If the * wildcard is the last character of a resource ARN segment, it can expand to
    match beyond the colon boundaries". Condition operators page, ArnLike: "Each of the six
    colon-delimited components of the ARN is checked separately".
    """

    ANYWHERE = "text that is no ARN"
    RESOURCE = "in the sixth part, and where a `*` ends a part"
    ARN = "in the sixth part only"


Token: TypeAlias = str | Wild
Tokens: TypeAlias = tuple[Token, ...]

COLONS_BEFORE_LAST_PART: Final = 5


@lru_cache(maxsize=4096)
def tokens_of(text: str) -> Tokens:
    """TEXT with its `*` and `?` as wildcards."""
    return tuple(Wild(c) if c in "*?" else c for c in text)


def literal_text(tokens: Iterable[Token]) -> str:
    """The tokens as plain text, wildcards as the characters that they were written with."""
    return "".join(token.value if isinstance(token, Wild) else token for token in tokens)


def matches(tokens: Tokens, text: str, colons: Colons = Colons.ANYWHERE) -> bool:
    """Whether the whole of TEXT fits the pattern. Case counts."""
    return _glob(tokens, colons).matches(text)


@lru_cache(maxsize=4096)
def _glob(tokens: Tokens, colons: Colons) -> "_Glob":
    return _Glob(tokens, colons)


def _spans(tokens: Tokens, colons: Colons) -> Iterator[tuple[Token, bool]]:
    """Each token, and whether it may stand for a colon."""
    seen = 0
    for here, token in enumerate(tokens):
        free = colons is Colons.ANYWHERE or seen >= COLONS_BEFORE_LAST_PART
        if token is Wild.ANY and colons is Colons.RESOURCE:
            free = free or tokens[here + 1 : here + 2] in ((), (":",))
        seen += token == ":"
        yield token, free


def _merged(spans: Iterable[tuple[Token, bool]]) -> list[tuple[Token, bool]]:
    """Neighbouring `*` as one, which spans what the last of them spans: no other one can end a part."""
    merged: list[tuple[Token, bool]] = []
    for token, free in spans:
        if token is Wild.ANY and merged and merged[-1][0] is Wild.ANY:
            merged[-1] = (Wild.ANY, free)
        else:
            merged.append((token, free))
    return merged


def _until_a_wildcard(tokens: Tokens) -> Iterator[str]:
    for token in tokens:
        if isinstance(token, Wild):
            return
        yield token


class _Glob:
    """A pattern as bit masks, one bit a position: all ways to match are followed at once.

    A regular expression would do too, but backtracks for minutes on a pattern like `*a*a*a*…b`,
    and the emulator evaluates policies that learners wrote.
    """

    def __init__(self, tokens: Tokens, colons: Colons) -> None:
        self._takes: dict[str, int] = {}
        self._one = {True: 0, False: 0}
        self._any = {True: 0, False: 0}
        pattern = _merged(_spans(tokens, colons))
        # What stands before the first wildcard is compared as text, some fifty times as fast.
        self._begin = "".join(_until_a_wildcard(tokens))
        for position, (token, free) in enumerate(pattern):
            if isinstance(token, str):
                self._takes[token] = self._takes.get(token, 0) | 1 << position
            else:
                self._add(self._any if token is Wild.ANY else self._one, 1 << position, free)
        self._end = 1 << len(pattern)

    @staticmethod
    def _add(masks: dict[bool, int], bit: int, free: bool) -> None:
        masks[False] |= bit
        masks[True] |= bit if free else 0

    def matches(self, text: str) -> bool:
        if not text.startswith(self._begin):
            return False
        every_any = self._any[False]
        positions = 1 << len(self._begin)
        positions |= (positions & every_any) << 1
        for character in text[len(self._begin) :]:
            is_colon = character == ":"
            taken = positions & (self._takes.get(character, 0) | self._one[is_colon])
            positions = (positions & self._any[is_colon]) | (taken << 1)
            positions |= (positions & every_any) << 1
            if not positions:
                return False
        return bool(positions & self._end)
