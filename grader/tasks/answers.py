"""Answers: what came back from a learner's code, and how it is brought down to plain JSON.

`plain` runs where the learner's code runs; `accept` runs in the grader on what crossed over, and trusts
nothing of it: sizes, depth and types are checked again, and the values rebuilt from parsed JSON.
"""

import json
import math
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, Literal

from grader.tasks.brief import in_brief

MAX_DEPTH = 12
MAX_ITEMS = 50_000
MAX_TEXT = 1_000_000


@dataclass(frozen=True)
class Returned:
    """A plain value (see `grader.tasks.answers`); None too stands for "nothing yet"."""

    value: Any


@dataclass(frozen=True)
class Raised:
    type: str
    message: str


@dataclass(frozen=True)
class Refused:
    """The answer is not plain data; `what` names what it holds."""

    what: str


UNEXPLAINED = "write it, or (after a restart) run its cell"


@dataclass(frozen=True)
class Missing:
    """The name is not defined once the notebook has run; `why` is what stopped its cell, if known."""

    name: str
    why: str = UNEXPLAINED


@dataclass(frozen=True)
class Stopped:
    """The process was ended: it took too long, or it crashed; `limit` names the limit or the signal."""

    outcome: Literal["timeout", "crashed"]
    limit: str


@dataclass(frozen=True)
class NotRun:
    """A case that was not tried, because one before it ended the process or took too long."""


Answer = Returned | Raised | Refused | Missing | Stopped | NotRun


class NotPlain(Exception):  # noqa: N818 - a refusal, not a fault
    """The answer holds something that is not a number, text, list or dictionary; the message names it."""


def plain(answer: Any, depth: int = 0) -> Any:
    """`answer` as None, bool, int, float, str, list or dict with text keys, all the way down.

    Tuples, named ones too, become lists, sets lists in order, decimals and fractions numbers, the
    dictionaries of `collections` plain ones, NumPy scalars and arrays their Python values, Ellipsis (an
    untouched stub) None.
    Subclasses are refused: an object that only claims to be a number is not one.
    """
    if depth > MAX_DEPTH:
        raise NotPlain("something nested too deeply")
    kind = type(answer)
    if answer is None or answer is Ellipsis:
        return None
    if kind is bool:
        return answer
    if kind is str:
        return _plain_text(answer)
    if kind is int:
        return _plain_int(answer)
    if kind is float:
        return _plain_float(answer)
    if kind in (list, tuple) or (isinstance(answer, tuple) and hasattr(kind, "_fields")):
        return [plain(item, depth + 1) for item in tuple.__iter__(tuple(answer))]
    if kind in (dict, OrderedDict, defaultdict, Counter):
        return {_plain_key(key): plain(value, depth + 1) for key, value in dict.items(answer)}
    return _plain_other(answer, kind, depth)


def _plain_other(answer: Any, kind: type, depth: int) -> Any:
    """What is not JSON, and stands for some of it without a doubt."""
    if kind in (Decimal, Fraction):
        return _plain_exact(answer)
    if kind in (set, frozenset):
        return _plain_set(answer, depth)
    if kind.__module__ == "numpy" and hasattr(answer, "tolist"):
        return plain(answer.tolist(), depth + 1)
    raise NotPlain(_named(kind, depth))


_LIST: Final = " (`list(...)` makes a list of it)"
PLAINER: Final = {
    "bytes": " (`.decode()` makes text of it)",
    **dict.fromkeys(
        ("dict_items", "dict_keys", "dict_values", "filter", "generator", "map", "range", "zip"), _LIST
    ),
}
"""How to make plain data of what is none, by the type's name."""


def _named(kind: type, depth: int) -> str:
    """What is refused; inside a list or dictionary it is that which was returned."""
    inside = "a list or dictionary that holds " if depth else ""
    return f"{inside}an object of type {kind.__name__[:60]}{PLAINER.get(kind.__name__, '')}"


def _plain_int(answer: int) -> int:
    if answer.bit_length() > 4096:
        raise NotPlain("a whole number of more than 4,096 bits")
    return answer


def _plain_float(answer: float) -> float:
    if answer != answer or answer in (float("inf"), float("-inf")):
        raise NotPlain("a number that is not finite")
    return answer


def _plain_exact(answer: Decimal | Fraction) -> int | float:
    """The number that it is: a whole one, or the nearest decimal."""
    if isinstance(answer, Decimal) and (not answer.is_finite() or abs(answer.adjusted()) > 1000):
        raise NotPlain("a number that is not finite, or far too long")
    if answer == int(answer):
        return int(_plain_int(int(answer)))
    try:
        return _plain_float(float(answer))
    except OverflowError:
        raise NotPlain("a number that is far too long") from None


def _plain_set(answer: Collection[Any], depth: int) -> list[Any]:
    """Its items in order: a set has none, so a list in order is what it can stand for."""
    items = [plain(item, depth + 1) for item in answer]
    if not all(type(item) is str for item in items) and not all(type(item) in (int, float) for item in items):
        raise NotPlain("a set that holds something else than texts alone, or numbers alone")
    return sorted(items)


def _plain_text(answer: str) -> str:
    if not is_whole(answer):
        raise NotPlain("text with half a character in it")
    return answer


def is_whole(text: str) -> bool:
    """Whether it can be written down: Python's text may hold halves of characters (lone surrogates)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def words_of(error: BaseException) -> str:
    """An error's own words, in brief, whatever the error is like."""
    try:
        words = in_brief(str(error))
    except Exception:  # noqa: BLE001 - a learner's class may do anything when it is asked for its words
        return "(its words cannot be shown)"
    return words.encode(errors="replace").decode()


def _plain_key(key: Any) -> str:
    if type(key) is not str:
        raise NotPlain(f"a dictionary with a key of type {type(key).__name__[:60]}")
    return _plain_text(key)


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def parse(raw: bytes) -> Any:
    """JSON from a process that is not trusted. Raises ValueError for anything but plain JSON in bounds."""
    try:
        value = _DECODER.decode(raw.decode())
    except RecursionError:
        raise ValueError("nested too deeply") from None
    accept(value)
    return value


def accept(value: Any) -> None:
    """Check the bounds of a parsed value. Raises ValueError when it is too deep or too large."""
    level, seen = [value], 0
    # An answer travels inside a reply, two levels down.
    for _ in range(MAX_DEPTH + 4):
        seen += len(level)
        if seen > MAX_ITEMS:
            raise ValueError("too many items")
        below: list[Any] = []
        for item in level:
            kind = type(item)
            if kind is str:
                if len(item) > MAX_TEXT or not (item.isascii() or is_whole(item)):
                    raise ValueError("a text too long, or not whole")
            elif kind is list:
                below += item
            elif kind is dict:
                below += item.keys()
                below += item.values()
            elif kind is float and not math.isfinite(item):
                raise ValueError("a number that is not finite")
        if not below:
            return
        level = below
    raise ValueError("nested too deeply")


LARGEST: Final = 1e300


def numbers(answers: Sequence[Answer]) -> list[float] | None:
    """The answers as finite numbers; None where one is something else."""
    values: list[Any] = [answer.value for answer in answers if isinstance(answer, Returned)]
    found = [float(value) for value in values if type(value) in (int, float) and abs(value) < LARGEST]
    return found if len(found) == len(answers) else None
