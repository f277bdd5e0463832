"""Numbers with their units, as prose writes them: found in a text, and compared whatever the unit."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_KIB: Final = 1024
_UNITS: Final[dict[str, tuple[str, float]]] = {
    **dict.fromkeys(("byte", "bytes"), ("bytes", 1)),
    "KiB": ("bytes", _KIB),
    "MiB": ("bytes", _KIB**2),
    "GiB": ("bytes", _KIB**3),
    "KB": ("bytes", 1e3),
    "MB": ("bytes", 1e6),
    "GB": ("bytes", 1e9),
    **dict.fromkeys(("microsecond", "microseconds"), ("seconds", 1e-6)),
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), ("seconds", 1e-3)),
    **dict.fromkeys(("s", "second", "seconds"), ("seconds", 1)),
    **dict.fromkeys(("min", "minute", "minutes"), ("seconds", 60)),
    **dict.fromkeys(("h", "hour", "hours"), ("seconds", 3600)),
    **dict.fromkeys(("day", "days"), ("seconds", 86_400)),
    "%": ("percent", 1),
    "USD": ("dollars", 1),
    **{
        form: (f"{noun}s", 1)
        for noun in (
            "record",
            "shard",
            "character",
            "consumer",
            "stream",
            "bit",
            "attempt",
            "tag",
            "zone",
        )
        for form in (noun, f"{noun}s")
    },
    "calls": ("calls", 1),
}
COUNTED: Final = ("time", "token", "table", "metric", "batch", "status", "partition", "key")
"""Units that only a fact uses: in prose they follow numbers of every kind."""

_NUMBER: Final = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_UNIT: Final = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_FOUND: Final = re.compile(
    rf"(?<![\w.,#/^-])(?:(?P<dollars>\$)(?P<price>{_NUMBER})"
    rf"|(?P<numbers>{_NUMBER}(?:\s?(?:to|or|and|–|and up to)\s?{_NUMBER})*)[\s ]?(?P<unit>{_UNIT})(?![\w-]))"
)


@dataclass(frozen=True)
class Quantity:
    """So much of a `dimension`, in its smallest unit, and the words that say it. A rate counts as its amount:
    "1 MiB/s", "1 MiB a second" and "every second … 1 MiB" are one."""

    amount: float
    dimension: str
    words: str

    def same(self, other: "Quantity") -> bool:
        return self.dimension == other.dimension and math.isclose(self.amount, other.amount, rel_tol=1e-9)


def found(text: str) -> Iterator[Quantity]:
    """The numbers of TEXT that have a unit; "24 to 8,760 hours" is two."""
    for match in _FOUND.finditer(text):
        words = match.group()
        if match["dollars"]:
            yield Quantity(_value(match["price"]), "dollars", words)
            continue
        dimension, factor = _UNITS[match["unit"]]
        for number in re.findall(_NUMBER, match["numbers"]):
            yield Quantity(_value(number) * factor, dimension, f"{number} {match['unit']}")


def of_fact(text: str) -> Quantity:
    """One quantity as a fact writes it, "24 hours" or "2 times". Raises ValueError for anything else."""
    number, _, unit = text.partition(" ")
    if not re.fullmatch(_NUMBER, number) or not unit:
        raise ValueError(f"{text!r} is no number with a unit")
    unit = unit.removesuffix("/s")
    if unit in _UNITS:
        dimension, factor = _UNITS[unit]
        return Quantity(_value(number) * factor, dimension, text)
    if unit.removesuffix("es") in COUNTED or unit.removesuffix("s") in COUNTED or unit in COUNTED:
        return Quantity(_value(number), unit, text)
    raise ValueError(f"{text!r} has a unit that is not in grader/bank/quantities.py")


def _value(number: str) -> float:
    return float(number.replace(",", ""))
