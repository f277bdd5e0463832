"""Sequence numbers: 56 decimal digits that tell shard, place in it, and time.

AWS does not publish their form; it was read off numbers that AWS gave out, and clients see it: a number
names its shard, numbers of a shard rise, a child's are above its parents'. Of 186 bits, from the highest:
the mark 2; 36 bits for the second in which the shard was made; 4 bits of the shard's number; 64 bits for the
record's place in the shard; 8 bits that are 0; 36 bits for the second of writing; 32 bits for the shard's
number; the version.

Older numbers (versions 0 and 1) are told from garbage, since AWS answers otherwise to them.
"""

from dataclasses import dataclass
from typing import Final

_VERSION: Final = 2
_SHARD_AT, _SECONDS_AT, _PLACE_AT, _NIBBLE_AT, _CREATED_AT, _MARK_AT = 4, 36, 80, 144, 148, 184
_SECONDS_BITS: Final = 36
LAST_PLACE: Final = 2**63 - 1
"""The place that the end of a closed shard has."""
LARGEST_SHARD: Final = 2**31 - 1
_OLD_FROM: Final = 2**124
_OLD_BELOW: Final = 2**129
_NEW_FROM: Final = 2 << _MARK_AT
_NEW_BELOW: Final = 3 << _MARK_AT
_OLD_LATEST_SECOND: Final = 16_025_175_000


@dataclass(frozen=True)
class SequenceNumber:
    """What a number tells. `created`, `seconds`: since 1970. `place`: -1 in old numbers."""

    created: int
    shard: int
    place: int
    seconds: int
    text: str
    """The number as AWS's messages write it."""


def base_of(created: int, shard: int) -> int:
    """The part that all numbers of one shard share."""
    nibble = (shard & 15) << _NIBBLE_AT
    return _NEW_FROM | (created << _CREATED_AT) | nibble | (shard << _SHARD_AT) | _VERSION


def number(base: int, place: int, seconds: int) -> int:
    """The number of the record at PLACE, written at SECONDS since 1970."""
    return base + (place << _PLACE_AT) + (seconds << _SECONDS_AT)


def parse(text: str) -> SequenceNumber:
    """What TEXT, a decimal number, tells. Raises ValueError for one that AWS never gave out."""
    value = int(text)
    if value < _OLD_FROM:
        value += _OLD_FROM
    if value < _OLD_BELOW:
        return _oldest(value)
    version = value & 15
    if not _NEW_FROM <= value < _NEW_BELOW or version not in (1, 2):
        raise ValueError(f"{text} is no sequence number")
    shard, created = _bits(value, _SHARD_AT, 32), _bits(value, _CREATED_AT, 36)
    if version == 1:
        return SequenceNumber(created, shard, -1, 0, text)
    place = _bits(value, _PLACE_AT, 64)
    if place > LAST_PLACE or shard > LARGEST_SHARD:
        raise ValueError(f"{text} is no sequence number")
    return SequenceNumber(created, shard, place, _bits(value, _SECONDS_AT, _SECONDS_BITS), text)


def _oldest(value: int) -> SequenceNumber:
    created = _bits(value, 88, 36)
    if created >= _OLD_LATEST_SECOND:
        raise ValueError(f"{value} is no sequence number")
    shown = _OLD_FROM | _bits(value, 0, 124)
    return SequenceNumber(created, value & 0xFFFF, -1, 0, str(shown))


def _bits(value: int, at: int, count: int) -> int:
    return value >> at & (1 << count) - 1
