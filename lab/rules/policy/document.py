"""Policies and statements, and whether a statement applies to a request."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from lab.rules.policy.answers import Answer, CannotTell, all_of, any_of, opposite
from lab.rules.policy.conditions import Condition, all_met, missing_variable
from lab.rules.policy.principals import Match, PrincipalElement
from lab.rules.policy.request import Request
from lab.rules.policy.variables import MissingValue, Template
from lab.rules.policy.wildcards import Colons, matches, tokens_of


class Layer(Enum):
    """The kinds of policy, named as AWS's error messages name them."""

    IDENTITY = "identity-based policy"
    RESOURCE = "resource-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    ENDPOINT = "VPC endpoint policy"

    @property
    def has_principals(self) -> bool:
        """Whether its statements say whom they are about; the others are about whom they are attached to."""
        return self in (Layer.RESOURCE, Layer.ENDPOINT)


class Effect(Enum):
    """What a statement says of the requests that it fits."""

    ALLOW = "Allow"
    DENY = "Deny"


@dataclass(frozen=True)
class Statement:
    """One statement. `index` counts from 0 within the policy named `policy`."""

    policy: str
    index: int
    sid: str | None
    effect: Effect
    principals: PrincipalElement | None
    actions: tuple[str, ...]
    except_actions: bool
    resources: tuple[Template, ...]
    except_resources: bool
    conditions: tuple[Condition, ...]

    @property
    def place(self) -> str:
        """Like "Statement[1]", with its Sid if it has one."""
        return f"Statement[{self.index}]" + (f" ({self.sid})" if self.sid else "")

    def applies(self, request: Request) -> Answer:
        """Whether action, resource and conditions fit the request; the principal is asked apart."""
        return all_of(ask(request) for ask in (self._fits_action, self._fits_resource, self._fits_conditions))

    def names(self, request: Request, has_boundary: bool) -> Match | CannotTell:
        """How the statement names the caller; a policy without principals is about the caller itself."""
        return self.principals.match(request.caller, has_boundary) if self.principals else Match.DIRECT

    def _fits_action(self, request: Request) -> Answer:
        # "The prefix and the action name are case insensitive" (Action page).
        action = request.action.lower()
        return any(matches(tokens_of(a.lower()), action) for a in self.actions) != self.except_actions

    def _fits_resource(self, request: Request) -> Answer:
        found = any_of(self._fits_one(template, request) for template in self.resources)
        return opposite(found) if self.except_resources else found

    def _fits_one(self, template: Template, request: Request) -> Answer:
        tokens = template.resolve(request.keys)
        if isinstance(tokens, MissingValue):
            return missing_variable(tokens, self.except_resources)
        return (
            tokens if isinstance(tokens, CannotTell) else matches(tokens, request.resource, Colons.RESOURCE)
        )

    def _fits_conditions(self, request: Request) -> Answer:
        return all_met(self.conditions, request.keys)


@dataclass(frozen=True)
class Policy:
    """A policy document that was read, of one kind. `name` is what reports call it: a name or an ARN."""

    layer: Layer
    name: str
    version: str
    id: str | None
    statements: tuple[Statement, ...]

    def with_effect(self, effect: Effect) -> Iterable[Statement]:
        return (statement for statement in self.statements if statement.effect is effect)
