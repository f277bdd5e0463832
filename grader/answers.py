"""Answers: what came back from a learner's code, and how it is brought down to plain JSON.

`plain` runs where the learner's code runs; `accept` runs in the grader on what crossed over, and trusts
nothing of it: sizes, depth and types are checked again, and the values rebuilt from parsed JSON.
"""

import json
from dataclasses import dataclass
from typing import Any, Literal

MAX_DEPTH = 12
MAX_ITEMS = 50_000
MAX_TEXT = 1_000_000


@dataclass(frozen=True)
class Returned:
    """A plain value (see `grader.answers`); None too stands for "nothing yet"."""

    value: Any


@dataclass(frozen=True)
class Raised:
    type: str
    message: str


@dataclass(frozen=True)
class Refused:
    """The answer is not plain data; `what` names what it holds."""

    what: str


@dataclass(frozen=True)
class Missing:
    """The name is not defined once the notebook has run; `why` is what stopped its cell, if known."""

    name: str
    why: str = "write it, or (after a restart) run its cell"


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

    Tuples become lists, NumPy scalars and arrays their Python values, Ellipsis (an untouched stub) None.
    Subclasses are refused: an object that only claims to be a number is not one.
    """
    if depth > MAX_DEPTH:
        raise NotPlain("something nested too deeply")
    kind = type(answer)
    if answer is None or answer is Ellipsis:
        return None
    if kind in (bool, str):
        return answer
    if kind is int:
        return _plain_int(answer)
    if kind is float:
        return _plain_float(answer)
    if kind in (list, tuple):
        return [plain(item, depth + 1) for item in answer]
    if kind is dict:
        return {_plain_key(key): plain(value, depth + 1) for key, value in answer.items()}
    if kind.__module__ == "numpy" and hasattr(answer, "tolist"):
        return plain(answer.tolist(), depth + 1)
    raise NotPlain(f"an object of type {kind.__name__[:60]}")


def _plain_int(answer: int) -> int:
    if answer.bit_length() > 4096:
        raise NotPlain("a whole number of more than 4,096 bits")
    return answer


def _plain_float(answer: float) -> float:
    if answer != answer or answer in (float("inf"), float("-inf")):
        raise NotPlain("a number that is not finite")
    return answer


def _plain_key(key: Any) -> str:
    if type(key) is not str:
        raise NotPlain(f"a dictionary with a key of type {type(key).__name__[:60]}")
    return key


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
    stack, seen = [(value, 0)], 0
    while stack:
        item, depth = stack.pop()
        seen += 1
        # An answer travels inside a reply, two levels down.
        if depth > MAX_DEPTH + 3 or seen > MAX_ITEMS:
            raise ValueError("too deep or too many items")
        if isinstance(item, str) and len(item) > MAX_TEXT:
            raise ValueError("a text too long")
        if isinstance(item, list):
            stack += [(child, depth + 1) for child in item]
        elif isinstance(item, dict):
            stack += [(child, depth + 1) for child in item.values()]
