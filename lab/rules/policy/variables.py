"""Policy variables: `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`, `${*}`, `${?}`, `${$}`.

Source: IAM User Guide, "IAM policy elements: Variables and tags" (reference_policies_variables.html):
variables exist in version 2012-10-17 only, in Resource and in values of string and ARN operators.
"""

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import Final, TypeAlias

from lab.rules.policy.answers import CannotTell
from lab.rules.policy.errors import PolicyError
from lab.rules.policy.keys import Context, is_multivalued
from lab.rules.policy.wildcards import COLONS_BEFORE_LAST_PART, Tokens, literal_text, tokens_of

_VARIABLE: Final = re.compile(r"\$\{([^{}]*)\}")
_INSIDE: Final = re.compile(r"(?P<key>[^,'\s]+:[^,']*[^,'\s])(?:,\s*'(?P<default>[^']*)')?")


@dataclass(frozen=True)
class Variable:
    """`${key}` or `${key, 'default'}`."""

    key: str
    default: str | None


@dataclass(frozen=True)
class MissingValue:
    """The request has no value for a variable that has no default."""

    variable: str


Part: TypeAlias = Tokens | Variable
Resolved: TypeAlias = Tokens | MissingValue | CannotTell


@dataclass(frozen=True)
class Template:
    """Text of a policy with wildcards and variables in it."""

    parts: tuple[Part, ...]

    def resolve(self, context: Context) -> Resolved:
        """The text for one request. What comes from the request is taken literally, `*` and `?` too."""
        tokens: Tokens = ()
        for part in self.parts:
            piece = _value(part, context) if isinstance(part, Variable) else part
            if isinstance(piece, MissingValue | CannotTell):
                return piece
            tokens += piece
        return tokens

    @property
    def has_variables(self) -> bool:
        return any(isinstance(part, Variable) for part in self.parts)

    @property
    def text(self) -> str:
        """What stands outside of its variables."""
        return "".join(literal_text(part) for part in self.parts if isinstance(part, tuple))

    @property
    def colons_before_variables(self) -> int:
        """Of the text that stands before the first variable."""
        first = takewhile(lambda part: not isinstance(part, Variable), self.parts)
        return Template(tuple(first)).text.count(":")


def _value(variable: Variable, context: Context) -> Resolved:
    name = f"policy variable ${{{variable.key}}}"
    if is_multivalued(variable.key):
        return CannotTell(f"{name}: a key with several values can't be a variable")
    if not context.can_tell(variable.key):
        return CannotTell(name)
    values = context.values(variable.key)
    if len(values) > 1:
        return CannotTell(f"{name}: the request has several values for it")
    if values:
        return tuple(values[0])
    return MissingValue(name) if variable.default is None else tuple(variable.default)


def template(text: str, place: str, *, variables: bool) -> Template:
    """TEXT read as a template; with `variables` off, `${…}` is literal text, as before version 2012-10-17.

    Raises PolicyError when a variable is not well formed.
    """
    if not variables:
        return Template((tokens_of(text),))
    parts: list[Part] = []
    end = 0
    for found in _VARIABLE.finditer(text):
        parts += [tokens_of(text[end : found.start()]), _part(found[1], place)]
        end = found.end()
    parts.append(tokens_of(text[end:]))
    _refuse_stray(text, place)
    return Template(tuple(part for part in parts if part != ()))


def resource_template(text: str, place: str, *, variables: bool) -> Template:
    """A template for a Resource element: variables only in the last part of the ARN (Variables page).

    Raises PolicyError for a variable elsewhere, or one that is not well formed.
    """
    made = template(text, place, variables=variables)
    if made.has_variables and made.colons_before_variables < COLONS_BEFORE_LAST_PART:
        raise PolicyError(place, "a policy variable can stand only after the fifth colon of an ARN")
    return made


def _part(inside: str, place: str) -> Part:
    if inside in ("*", "?", "$"):
        return (inside,)
    found = _INSIDE.fullmatch(inside)
    if found is None:
        raise PolicyError(
            place, f"${{{inside}}} is no policy variable; write ${{aws:username}}, or ${{*}} for *"
        )
    return Variable(found["key"], found["default"])


def _refuse_stray(text: str, place: str) -> None:
    if "${" in _VARIABLE.sub("", text):
        raise PolicyError(place, "a policy variable that begins with ${ has no } of its own")
