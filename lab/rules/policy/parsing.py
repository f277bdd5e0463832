"""Reading policy documents, with errors that say what is wrong and where.

Sources, IAM User Guide: "Grammar of the IAM JSON policy language" (reference_policies_grammar.html) and the
pages of the elements. Stricter than AWS in little: an empty list of condition values, a year alone as a date
and an ARN pattern of fewer than six parts are refused, because AWS's pages don't say what they do.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from lab.rules.policy.conditions import Condition
from lab.rules.policy.document import Effect, Layer, Policy, Statement
from lab.rules.policy.errors import PolicyError
from lab.rules.policy.operators import COMPARISONS, check_value, operator
from lab.rules.policy.principals import PrincipalElement, is_principal
from lab.rules.policy.variables import Template, resource_template, template

VERSIONS: Final = ("2008-10-17", "2012-10-17")
VERSION_WITH_VARIABLES: Final = "2012-10-17"
LONGEST_NUMBER: Final = 40
PRINCIPAL_TYPES: Final = ("AWS", "Service", "Federated", "CanonicalUser")

_ELEMENTS: Final = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)

_ACTION: Final = re.compile(r"[a-z0-9-]+:[a-z0-9*?]+", re.ASCII | re.IGNORECASE)
_SID: Final = re.compile(r"[A-Za-z0-9]*", re.ASCII)
_RESOURCE: Final = re.compile(r"arn:[^:]+:[^:*?]+:.*", re.DOTALL)

_Object = Mapping[str, object]
_T = TypeVar("_T")


def parse_policy(document: str | Mapping[str, object], layer: Layer, name: str = "") -> Policy:
    """The policy of the kind `layer` that the document, JSON text or what it was loaded to, describes.

    Raises PolicyError, and nothing else, when it isn't one.
    """
    raw = _object(_loaded(document) if isinstance(document, str) else document, "")
    _refuse_unknown(raw, ("Version", "Id", "Statement"), "")
    version = raw.get("Version", VERSIONS[0])
    if version not in VERSIONS:
        raise PolicyError("Version", f"must be {' or '.join(VERSIONS)}, not {_shown(version)}")
    if "Id" in raw and not layer.has_principals:
        raise PolicyError("Id", f"can't stand in a policy of this kind ({layer.value})")
    statements = _statements(raw, layer, name, variables=version == VERSION_WITH_VARIABLES)
    return Policy(layer, name, str(version), _text(raw["Id"], "Id") if "Id" in raw else None, statements)


def _loaded(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_without_twins, parse_constant=_refuse_constant)
    except PolicyError:
        raise
    except RecursionError:
        raise PolicyError("", "nested too deeply") from None
    except ValueError as error:
        raise PolicyError("", f"not JSON: {error}") from None


def _without_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Grammar: "Individual elements must not contain multiple instances of the same key"."""
    made = dict(pairs)
    if len(made) < len(pairs):
        counted = Counter(key for key, _ in pairs)
        twin = next(key for key, count in counted.items() if count > 1)
        raise PolicyError("", f"the key {twin!r} stands twice in one object")
    return made


def _refuse_constant(constant: str) -> object:
    raise PolicyError("", f"not JSON: {constant}")


def _statements(raw: _Object, layer: Layer, name: str, *, variables: bool) -> tuple[Statement, ...]:
    if "Statement" not in raw:
        raise PolicyError("", "a policy needs a Statement")
    listed = raw["Statement"] if isinstance(raw["Statement"], list | tuple) else [raw["Statement"]]
    if not listed:
        raise PolicyError("Statement", "must hold at least one statement")
    read = _Reader(layer, name, variables)
    statements = tuple(read.statement(one, index) for index, one in enumerate(listed))
    sids = Counter(statement.sid for statement in statements if statement.sid)
    for statement in statements:
        if statement.sid and sids[statement.sid] > 1 and not layer.has_principals:
            raise PolicyError(
                f"Statement[{statement.index}].Sid", f"{statement.sid!r} is the Sid of another one too"
            )
    return statements


class _Reader:
    """Reads the statements of one policy."""

    def __init__(self, layer: Layer, policy: str, variables: bool) -> None:
        self._layer = layer
        self._policy = policy
        self._variables = variables

    def statement(self, value: object, index: int) -> Statement:
        place = f"Statement[{index}]"
        raw = _object(value, place)
        _refuse_unknown(raw, _ELEMENTS, place)
        action, actions = _one_of(raw, "Action", "NotAction", place, self._actions)
        resource, resources = _one_of(raw, "Resource", "NotResource", place, self._resources)
        effect = self._effect(raw, place)
        return Statement(
            policy=self._policy,
            index=index,
            sid=self._sid(raw, place),
            effect=effect,
            principals=self._principals(raw, effect, place),
            actions=actions,
            except_actions=action == "NotAction",
            resources=resources,
            except_resources=resource == "NotResource",
            conditions=self._conditions(raw.get("Condition", {}), f"{place}.Condition"),
        )

    def _sid(self, raw: _Object, place: str) -> str | None:
        if "Sid" not in raw:
            return None
        sid = _text(raw["Sid"], f"{place}.Sid")
        if not self._layer.has_principals and not _SID.fullmatch(sid):
            raise PolicyError(f"{place}.Sid", f"{sid!r} may hold letters and digits only")
        return sid

    def _effect(self, raw: _Object, place: str) -> Effect:
        effect = raw.get("Effect")
        if effect not in ("Allow", "Deny"):
            shown = "is missing" if effect is None else f"is {_shown(effect)}"
            raise PolicyError(f"{place}.Effect", f"{shown}; it must be Allow or Deny, written so")
        return Effect(effect)

    def _actions(self, value: object, place: str) -> tuple[str, ...]:
        actions = _texts(value, place)
        for action in actions:
            if action != "*" and not _ACTION.fullmatch(action):
                raise PolicyError(
                    place, f'{action!r} is no action; write service and action, as in "kinesis:PutRecord"'
                )
        return actions

    def _resources(self, value: object, place: str) -> tuple[Template, ...]:
        resources = _texts(value, place)
        for resource in resources:
            # "You can't use a wildcard in the service segment" (Resource page).
            if resource != "*" and not _RESOURCE.fullmatch(resource):
                raise PolicyError(
                    place, f'{resource!r} is no resource; write "*" or an ARN that names its service'
                )
        return tuple(resource_template(resource, place, variables=self._variables) for resource in resources)

    def _principals(self, raw: _Object, effect: Effect, place: str) -> PrincipalElement | None:
        if not self._layer.has_principals:
            for element in ("Principal", "NotPrincipal"):
                if element in raw:
                    raise PolicyError(
                        f"{place}.{element}",
                        f"can't stand in a policy of this kind ({self._layer.value}): "
                        "it is about the user or role that it is attached to",
                    )
            return None
        element, found = _one_of(raw, "Principal", "NotPrincipal", place, _principal_element)
        if element == "NotPrincipal" and effect is Effect.ALLOW:
            # "Using it with "Effect":"Allow" is not supported." (NotPrincipal page)
            raise PolicyError(f"{place}.NotPrincipal", "can stand with Deny only; use Principal with Allow")
        return PrincipalElement(*found, negated=element == "NotPrincipal")

    def _conditions(self, value: object, place: str) -> tuple[Condition, ...]:
        return tuple(
            self._condition(written, key, values, f"{place}.{written}")
            for written, keys in _object(value, place).items()
            for key, values in _object(keys, f"{place}.{written}").items()
        )

    def _condition(self, written: str, key: str, value: object, place: str) -> Condition:
        named = operator(written, place)
        if not re.fullmatch(r"[^:\s]+:\S.*", key, re.DOTALL):
            raise PolicyError(place, f"{key!r} is no condition key; one looks like aws:SourceIp")
        place = f"{place}.{key}"
        values = tuple(_scalar(one, place) for one in _listed(value, place))
        is_text = named.base in COMPARISONS and COMPARISONS[named.base].is_text
        templates = tuple(template(one, place, variables=self._variables and is_text) for one in values)
        for made in templates:
            if not made.has_variables:
                check_value(named.base, made.text, place)
        return Condition(named, key, templates)


def _principal_element(value: object, place: str) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    if value == "*":
        return ("*",), ()
    if isinstance(value, str):
        raise PolicyError(place, f'{value!r} is no principal; write "*" or {{"AWS": "<ARN>"}}')
    raw = _object(value, place)
    _refuse_unknown(raw, PRINCIPAL_TYPES, place)
    if not raw:
        raise PolicyError(place, "names nobody")
    named = [(kind, one) for kind, values in raw.items() for one in _texts(values, f"{place}.{kind}")]
    for kind, one in named:
        if kind == "AWS" and not is_principal(one):
            # "You cannot use a wildcard to match part of a principal name or ARN." (Principal page)
            raise PolicyError(
                f"{place}.AWS", f'{one!r} is no principal; write "*", an account id, or a whole ARN'
            )
    aws = tuple(one for kind, one in named if kind == "AWS")
    return aws, tuple((kind, one) for kind, one in named if kind != "AWS")


def _one_of(
    raw: _Object, plain: str, negated: str, place: str, read: Callable[[object, str], _T]
) -> tuple[str, _T]:
    """Which of the two elements the statement has, and its value."""
    there = [element for element in (plain, negated) if element in raw]
    if len(there) != 1:
        problem = "not both" if there else "one of them"
        raise PolicyError(place, f"needs {plain} or {negated}, {problem}")
    return there[0], read(raw[there[0]], f"{place}.{there[0]}")


def _object(value: object, place: str) -> dict[str, object]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise PolicyError(place, f"must be a JSON object, not {_shown(value)}")
    return dict(value)


def _refuse_unknown(raw: _Object, known: tuple[str, ...], place: str) -> None:
    for key in raw:
        if key not in known:
            raise PolicyError(place, f"{key!r} is none of {', '.join(known)}")


def _listed(value: object, place: str) -> list[object]:
    listed = list(value) if isinstance(value, list | tuple) else [value]
    if not listed:
        raise PolicyError(place, "must not be an empty list")
    return listed


def _texts(value: object, place: str) -> tuple[str, ...]:
    return tuple(_text(one, place) for one in _listed(value, place))


def _text(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise PolicyError(place, f"must be text, not {_shown(value)}")
    return value


def _scalar(value: object, place: str) -> str:
    """A condition's value as text: "Quotation marks are optional for numeric and Boolean values"."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and abs(value) < 10**LONGEST_NUMBER:
        return str(value)
    if isinstance(value, float) and abs(value) < float("inf"):
        return repr(value)
    return _text(value, place)


def _shown(value: object) -> str:
    """VALUE in an error message, not too long."""
    if isinstance(value, str):
        return repr(value if len(value) <= LONGEST_NUMBER else value[:LONGEST_NUMBER] + "…")
    names = {dict: "an object", list: "a list", bool: "true or false", int: "a number", float: "a number"}
    return "null" if value is None else names.get(type(value), type(value).__name__)
