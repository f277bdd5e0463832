"""Names of the objects that Firehose writes. Pure.

Sources, Amazon Data Firehose Developer Guide: "Configure Amazon S3 object name format" (s3-object-name.html):
`<evaluated prefix><stream>-<version>-<year>-<month>-<day>-<hour>-<minute>-<second>-<uuid><file extension>`;
"Understand custom prefixes for Amazon S3 objects" (s3-prefixes.html): times are "the approximate arrival
timestamp of the oldest record that's contained in the Amazon S3 object", in UTC unless CustomTimeZone says
otherwise; a prefix without a timestamp expression gets `!{timestamp:yyyy/MM/dd/HH/}` appended.
"""

import re
import secrets
import string
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

_EXPRESSION: Final = re.compile(r"!\{([^{}]*)\}")
_FIELD: Final = re.compile(r"'([^']*)'|([A-Za-z])\2*|([^A-Za-z'])")
_FIELDS: Final = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
DEFAULT_TIME: Final = "!{timestamp:yyyy/MM/dd/HH/}"
RANDOM_CHARACTERS: Final = 11
"""Of !{firehose:random-string}: "a new random string of 11 characters"."""


@dataclass(frozen=True)
class NamePlan:
    """How the objects of one Firehose stream are named."""

    stream: str
    version: str
    prefix: str = ""
    extension: str = ""
    zone: str = ""
    """Of CustomTimeZone, like "Europe/Berlin"; "" for UTC."""

    def name(self, oldest: datetime) -> str:
        """The name of an object whose oldest record arrived at `oldest` (with a time zone)."""
        local = oldest.astimezone(ZoneInfo(self.zone) if self.zone else UTC)
        suffix = f"{self.stream}-{self.version}-{local:%Y-%m-%d-%H-%M-%S}-{uuid.uuid4()}{self.extension}"
        return _EXPRESSION.sub(lambda found: _value(found[1], local), with_time(self.prefix)) + suffix


def with_time(prefix: str) -> str:
    """The prefix, with the default time appended unless it has one of its own."""
    return prefix if "!{timestamp:" in prefix else prefix + DEFAULT_TIME


def _value(inside: str, moment: datetime) -> str:
    namespace, _, value = inside.partition(":")
    if namespace == "timestamp":
        return "".join(_field(found, moment) for found in _FIELD.finditer(value))
    letters = string.ascii_letters + string.digits
    return "".join(secrets.choice(letters) for _ in range(RANDOM_CHARACTERS))


def _field(found: re.Match[str], moment: datetime) -> str:
    if found[1] is not None:
        return found[1] or "'"
    return moment.strftime(_FIELDS[found[0]]) if found[2] else found[0]


def prefix_problem(prefix: str) -> str | None:
    """What the lab can't evaluate in a prefix, or AWS refuses; none when all is well."""
    if "!{" in _EXPRESSION.sub("", prefix):
        return f"Prefix {prefix!r}: the sequence !{{ can only begin an expression !{{namespace:value}}"
    for inside in _EXPRESSION.findall(prefix):
        if inside == "firehose:random-string":
            continue
        namespace, _, value = inside.partition(":")
        if namespace != "timestamp":
            return f"Prefix: the lab does not evaluate !{{{inside}}}, only timestamp and random-string"
        unknown = [f[0] for f in _FIELD.finditer(value) if f[2] and f[0] not in _FIELDS]
        if unknown or not value or _FIELD.sub("", value):
            said = ", ".join(unknown) or value
            return f"Prefix: the lab does not evaluate {said!r} in !{{{inside}}}, only {', '.join(_FIELDS)}"
    return None


def zone_problem(zone: str) -> str | None:
    """What is wrong with a CustomTimeZone."""
    try:
        if zone:
            ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        return f"CustomTimeZone {zone!r} is no time zone; one is Europe/Berlin"
    return None
