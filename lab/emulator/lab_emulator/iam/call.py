"""What a client asks for, and what must be allowed for it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from localstack.aws.api import RequestContext

from lab.rules.policy import Caller
from lab.rules.policy.keys import ContextValue
from lab_emulator.iam.documents import Document

_ACCOUNT = re.compile(r"arn:[^:]*:[^:]*:[^:]*:(\d{12}):.*", re.ASCII | re.DOTALL)
Tags = Mapping[str, str]


class UnmappedError(Exception):
    """The lab doesn't know what a call needs; the text names it."""


class RefusedError(Exception):
    """AWS refuses the call whatever policies say; the text is its message."""


@dataclass(frozen=True)
class Call:
    """One call of a client, parsed."""

    context: RequestContext
    caller: Caller

    @property
    def operation(self) -> str:
        return str(self.context.operation.name)

    @property
    def parameters(self) -> Mapping[str, Any]:
        return self.context.service_request or {}

    @property
    def account(self) -> str:
        """The account in which names without an ARN are looked up: the caller's."""
        return self.caller.account

    @property
    def region(self) -> str:
        return str(self.context.region)

    def arn(self, service: str, resource: str, *, is_global: bool = False) -> str:
        """An ARN in the caller's account."""
        region = "" if is_global else self.region
        return f"arn:{self.context.partition}:{service}:{region}:{self.account}:{resource}"


@dataclass(frozen=True)
class Check:
    """One action on one resource that a call must be allowed.

    `owner`: the account of the resource, "" for the caller's. `context`: values of condition keys that only
    this action has. `untold`: keys, or beginnings of keys, whose values the lab doesn't know for it.
    `tags`: of the resource, None when the lab doesn't look them up. `error`: the code of the refusal, where
    it isn't the usual one.
    """

    action: str
    resource: str
    owner: str = ""
    resource_policy: Document | None = None
    policy_required: bool = False
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    untold: tuple[str, ...] = ()
    tags: Callable[[], Tags] | None = None
    error: str = ""
    by_service: bool = False
    """A service makes the call for the caller, so it doesn't come from the caller's network."""


def words(text: str) -> frozenset[str]:
    """Names that are written one after another."""
    return frozenset(text.split())


def account_in(text: str) -> str:
    """The account in an ARN; "" for a text that is no ARN with an account."""
    found = _ACCOUNT.fullmatch(text)
    return found[1] if found else ""


def by_one_arn(call: Call, service: str, arn: str, **more: Any) -> list[Check]:
    """The call's own action on one resource."""
    return [Check(f"{service}:{call.operation}", arn, account_in(arn), **more)]


def request_tags(call: Call) -> dict[str, ContextValue]:
    """aws:RequestTag/… and aws:TagKeys, from the tags that the call brings or takes away."""
    tags: dict[str, str] = {}
    given = call.parameters.get("Tags") or ()
    if isinstance(given, Mapping):
        tags = {str(key): str(value) for key, value in given.items()}
    else:
        for tag in given:
            key = tag.get("Key", tag.get("TagKey"))
            tags[str(key)] = str(tag.get("Value", tag.get("TagValue", "")))
    keys = list(tags) or [str(key) for key in call.parameters.get("TagKeys") or ()]
    values: dict[str, ContextValue] = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    return values | ({"aws:TagKeys": keys} if keys else {})
