"""The condition operators: what each compares, and what values it takes.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators"
(reference_policies_elements_condition_operators.html).
"""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from difflib import get_close_matches
from enum import Enum
from functools import partial
from typing import Any, Final

from lab.rules.policy.errors import PolicyError
from lab.rules.policy.wildcards import COLONS_BEFORE_LAST_PART, Colons, Tokens, literal_text, matches


class Qualifier(Enum):
    """How an operator deals with a key that has several values in the request."""

    NONE = ""
    ALL = "ForAllValues"
    ANY = "ForAnyValue"


@dataclass(frozen=True)
class Comparison:
    """One operator without its qualifier and without IfExists.

    `compare(request_value, policy_value)` is about the positive question; `negated` turns the answer round.
    Text operators get the policy's value as tokens, the others as text; `check` raises ValueError for a text
    that the operator can't take.
    """

    is_text: bool
    negated: bool
    compare: Callable[[str, Any], bool]
    check: Callable[[str], object]


@dataclass(frozen=True)
class Operator:
    """A condition operator as a policy writes it, for example ForAnyValue:StringLikeIfExists."""

    written: str
    qualifier: Qualifier
    base: str
    if_exists: bool


NULL: Final = "Null"
NOT_EVALUATED: Final = frozenset({"BinaryEquals"})
"""Operators that AWS has and the lab doesn't evaluate."""


def _number(text: str) -> Decimal:
    if not re.fullmatch(r"[+-]?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,3})?", text, re.ASCII):
        raise ValueError("not a number")
    return Decimal(text)


_DATE: Final = re.compile(
    r"(\d{4})-(\d{2})(?:-(\d{2})(?:T(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:\d{2}))?)?", re.ASCII
)
_NO_DATE: Final = "not a date like 2026-11-30T00:00:00Z, nor seconds since 1970"


def _seconds(text: str) -> Decimal:
    """Seconds since 1970 of a date in W3C's form of ISO 8601, or in epoch time.

    Four digits alone would be a year to W3C and a moment of 1970 to Unix, so they are refused.
    """
    if re.fullmatch(r"\d{5,12}(\.\d{1,9})?", text, re.ASCII):
        return Decimal(text)
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError(_NO_DATE)
    year, month, day, time, zone = found.groups(default="")
    offset = (zone or "Z").replace("Z", "+00:00")
    try:
        moment = datetime.fromisoformat(f"{year}-{month}-{day or '01'}T{time or '00:00'}{offset}")
    except ValueError:
        raise ValueError(_NO_DATE) from None
    # Not timestamp(): that is a float, and DateEquals would compare its rounding.
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return Decimal(since.days * 86_400 + since.seconds) + Decimal(since.microseconds) / 1_000_000


def _truth(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError('neither "true" nor "false"')
    return text.lower() == "true"


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    address, slash, length = text.partition("/")
    if slash and not re.fullmatch(r"\d{1,3}", length, re.ASCII):
        raise ValueError("not an IP address or a range in CIDR form, like 203.0.113.0/24")
    try:
        return ipaddress.ip_network((address, int(length)) if slash else address, strict=False)
    except ValueError as error:
        raise ValueError("not an IP address or a range in CIDR form, like 203.0.113.0/24") from error


def _in_network(address: str, network: str) -> bool:
    return ipaddress.ip_address(address) in _network(network)


def _compared(read: Callable[[str], Any], test: Callable[[Any, Any], bool], ours: str, theirs: str) -> bool:
    return test(read(ours), read(theirs))


def _equals(value: str, tokens: Tokens) -> bool:
    return value == literal_text(tokens)


def _equals_ignoring_case(value: str, tokens: Tokens) -> bool:
    return value.lower() == literal_text(tokens).lower()


def _like(value: str, tokens: Tokens) -> bool:
    return matches(tokens, value)


def _arn_like(value: str, tokens: Tokens) -> bool:
    return value.count(":") >= COLONS_BEFORE_LAST_PART and matches(tokens, value, Colons.ARN)


def _any_text(text: str) -> str:
    return text


def _arn_pattern(text: str) -> str:
    if text.count(":") < COLONS_BEFORE_LAST_PART:
        raise ValueError("not an ARN: it has six parts with colons between, each may be a wildcard")
    return text


def _text(negated: bool, compare: Callable[[str, Tokens], bool]) -> Comparison:
    return Comparison(True, negated, compare, _arn_pattern if compare is _arn_like else _any_text)


def _typed(
    read: Callable[[str], Any], test: Callable[[Any, Any], bool] = lambda a, b: a == b, negated: bool = False
) -> Comparison:
    return Comparison(False, negated, partial(_compared, read, test), read)


COMPARISONS: Final = {
    "StringEquals": _text(False, _equals),
    "StringNotEquals": _text(True, _equals),
    "StringEqualsIgnoreCase": _text(False, _equals_ignoring_case),
    "StringNotEqualsIgnoreCase": _text(True, _equals_ignoring_case),
    "StringLike": _text(False, _like),
    "StringNotLike": _text(True, _like),
    # "The ArnEquals and ArnLike condition operators behave identically."
    "ArnEquals": _text(False, _arn_like),
    "ArnLike": _text(False, _arn_like),
    "ArnNotEquals": _text(True, _arn_like),
    "ArnNotLike": _text(True, _arn_like),
    "NumericEquals": _typed(_number),
    "NumericNotEquals": _typed(_number, negated=True),
    "NumericLessThan": _typed(_number, lambda a, b: a < b),
    "NumericLessThanEquals": _typed(_number, lambda a, b: a <= b),
    "NumericGreaterThan": _typed(_number, lambda a, b: a > b),
    "NumericGreaterThanEquals": _typed(_number, lambda a, b: a >= b),
    "DateEquals": _typed(_seconds),
    "DateNotEquals": _typed(_seconds, negated=True),
    "DateLessThan": _typed(_seconds, lambda a, b: a < b),
    "DateLessThanEquals": _typed(_seconds, lambda a, b: a <= b),
    "DateGreaterThan": _typed(_seconds, lambda a, b: a > b),
    "DateGreaterThanEquals": _typed(_seconds, lambda a, b: a >= b),
    "Bool": _typed(_truth),
    "IpAddress": Comparison(False, False, _in_network, _network),
    "NotIpAddress": Comparison(False, True, _in_network, _network),
    NULL: _typed(_truth),
}

_NAMES: Final = sorted({*COMPARISONS, *NOT_EVALUATED})


def operator(written: str, place: str) -> Operator:
    """The operator that a policy names; names are taken in the case that AWS writes them.

    Raises PolicyError when it is none, or when IfExists is added to Null, which the page rules out.
    """
    before, colon, rest = written.rpartition(":")
    if colon and before not in (Qualifier.ALL.value, Qualifier.ANY.value):
        raise PolicyError(
            place, f"only ForAllValues: or ForAnyValue: can stand before an operator, not {before}:"
        )
    if_exists = rest.endswith("IfExists")
    base = rest.removesuffix("IfExists")
    if base not in _NAMES:
        near = get_close_matches(base, _NAMES, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise PolicyError(place, f"{base!r} is no condition operator that the lab knows{hint}")
    if base == NULL and if_exists:
        raise PolicyError(place, "IfExists can't be added to Null, which itself asks whether a key exists")
    return Operator(written, Qualifier(before), base, if_exists)


def check_value(base: str, text: str, place: str) -> None:
    """Raises PolicyError when TEXT is no value that the operator can compare with."""
    if base in NOT_EVALUATED:
        return
    try:
        COMPARISONS[base].check(text)
    except ValueError as error:
        raise PolicyError(place, f"{text!r} is {error}") from None
