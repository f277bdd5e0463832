"""Names of the objects that Firehose writes. Pure.

Sources, Amazon Data Firehose Developer Guide: "Configure Amazon S3 object name format" (s3-object-
name.html): `<evaluated prefix><stream>-<version>-<year>-<month>-<day>-<hour>-<minute>-<second>-<uuid><file
extension>`; "Understand custom prefixes for Amazon S3 objects" (s3-prefixes.html): times are "the
approximate arrival timestamp of the oldest record that's contained in the Amazon S3 object", in UTC unless
CustomTimeZone says otherwise; a prefix without a timestamp expression gets `!{timestamp:yyyy/MM/dd/HH/}`
appended. An error prefix without expressions gets the type of error appended too (seen on AWS, reported
publicly).
"""

import re
import secrets
import string
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

_EXPRESSION: Final = re.compile(r"!\{([^{}]*)\}")
_FIELD: Final = re.compile(r"'([^']*)'|([A-Za-z])\2*|([^A-Za-z'])")
_FIELDS: Final = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
DEFAULT_TIME: Final = "!{timestamp:yyyy/MM/dd/HH/}"
ERROR_TYPE: Final = "firehose:error-output-type"
KEY_NAMESPACES: Final = ("partitionKeyFromQuery", "partitionKeyFromLambda")
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

    def name(self, oldest: datetime, keys: Mapping[str, str] | None = None, error: str = "") -> str:
        """The name of an object whose oldest record arrived at `oldest` (with a time zone).

        KEYS: values of partition keys, by "partitionKeyFromQuery:name". ERROR: the type of failed records.
        """
        local = oldest.astimezone(ZoneInfo(self.zone) if self.zone else UTC)
        suffix = f"{self.stream}-{self.version}-{local:%Y-%m-%d-%H-%M-%S}-{uuid.uuid4()}{self.extension}"
        known = {**(keys or {}), ERROR_TYPE: error}
        prefix = with_error_type(self.prefix) if error else self.prefix
        return _EXPRESSION.sub(lambda found: _value(found[1], local, known), with_time(prefix)) + suffix


def with_time(prefix: str) -> str:
    """The prefix, with the default time appended unless it has one of its own."""
    return prefix if "!{timestamp:" in prefix else prefix + DEFAULT_TIME


def with_error_type(prefix: str) -> str:
    """A prefix for failed records, with their type behind it unless it names the type itself."""
    return prefix if ERROR_TYPE in prefix else f"{prefix}!{{{ERROR_TYPE}}}/"


def _value(inside: str, moment: datetime, known: Mapping[str, str]) -> str:
    if inside in known:
        return known[inside]
    namespace, _, value = inside.partition(":")
    if namespace == "timestamp":
        return "".join(_field(found, moment) for found in _FIELD.finditer(value))
    letters = string.ascii_letters + string.digits
    return "".join(secrets.choice(letters) for _ in range(RANDOM_CHARACTERS))


def _field(found: re.Match[str], moment: datetime) -> str:
    if found[1] is not None:
        return found[1] or "'"
    return moment.strftime(_FIELDS[found[0]]) if found[2] else found[0]


def prefix_problem(prefix: str, *, partitioned: bool = False) -> str | None:
    """What the lab can't evaluate in a prefix, or AWS refuses; none when all is well."""
    return _problem("Prefix", prefix, KEY_NAMESPACES if partitioned else ())


def error_prefix_problem(prefix: str) -> str | None:
    """The same of an ErrorOutputPrefix, which must name the type of error when it has expressions at all."""
    if "!{" in prefix and f"!{{{ERROR_TYPE}}}" not in prefix:
        return f"ErrorOutputPrefix with expressions must include !{{{ERROR_TYPE}}}."
    return _problem("ErrorOutputPrefix", prefix.replace(f"!{{{ERROR_TYPE}}}", ""), ())


def _problem(name: str, prefix: str, key_namespaces: Collection[str]) -> str | None:
    if "!{" in _EXPRESSION.sub("", prefix):
        return f"{name} {prefix!r}: the sequence !{{ can only begin an expression !{{namespace:value}}"
    for inside in _EXPRESSION.findall(prefix):
        if inside == "firehose:random-string":
            continue
        namespace, _, value = inside.partition(":")
        if namespace in key_namespaces and value:
            continue
        if namespace != "timestamp":
            return f"{name}: the lab does not evaluate !{{{inside}}}, only timestamp and random-string"
        unknown = [f[0] for f in _FIELD.finditer(value) if f[2] and f[0] not in _FIELDS]
        if unknown or not value or _FIELD.sub("", value):
            said = ", ".join(unknown) or value
            return f"{name}: the lab does not evaluate {said!r} in !{{{inside}}}, only {', '.join(_FIELDS)}"
    return None


def query_keys(prefix: str) -> list[str]:
    """The partition keys of a query that a prefix uses."""
    inside = (found.partition(":") for found in _EXPRESSION.findall(prefix))
    return [value for namespace, _, value in inside if namespace == KEY_NAMESPACES[0]]


def zone_problem(zone: str) -> str | None:
    """What is wrong with a CustomTimeZone."""
    try:
        if zone:
            ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        return f"CustomTimeZone {zone!r} is no time zone; one is Europe/Berlin"
    return None
