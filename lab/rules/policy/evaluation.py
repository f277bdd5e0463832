"""The decision: policies of all layers put together in the order that AWS documents.

Sources, IAM User Guide: "Policy evaluation logic" (reference_policies_evaluation-logic.html), "Cross-account
policy evaluation logic" (reference_policies_evaluation-logic-cross-account.html), "Permissions boundaries for
IAM entities" (access_policies_boundaries.html).

1. A Deny that applies, in any layer, decides: explicit deny.
2. Same account: a resource-based policy that names the caller itself (the user, the session, everyone)
   allows by itself. One that names the role behind a session allows as far as boundary and session policy
   allow. Otherwise identity-based policies must allow, and so must the boundary and the session policy, if
   there are any. A resource-based policy that names the account leaves it to the identity-based policies.
3. Other account: the resource-based policy must allow and the identity-based side (with boundary and session
   policy) must allow.
4. The root user needs no identity-based policy ("By default, all requests are implicitly denied with the
   exception of the AWS account root user"); boundaries and session policies are not for it.
5. The endpoint policy, where there is one, must allow whatever the others allow. It grants nothing itself.

Simplified, against AWS: no organization policies (SCP, RCP); no role trust policies; no service principals as
callers; one session policy at most; no anonymous callers; a federated user's session without a session policy
may do what resource-based policies let it do and no more, as documented. When several layers lack an Allow,
AWS reports one of them and doesn't say which; the lab reports the first of resource (where it is needed),
identity, boundary, session, endpoint. "*" under Principal counts as naming the caller itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from lab.rules.policy.answers import Answer, CannotTell, all_of, any_of
from lab.rules.policy.document import Effect, Layer, Policy, Statement
from lab.rules.policy.principals import CallerKind, Match
from lab.rules.policy.request import Request

Kind: TypeAlias = Literal["allowed", "explicit_deny", "implicit_deny", "cannot_evaluate"]


@dataclass(frozen=True)
class Decision:
    """What came out, and why.

    `layer` is the kind of policy that decided: the one that allows or denies, or the one that has no Allow.
    `statement` is the deciding statement (it knows its policy), none for an implicit deny and for the root
    user's own right. `what` names what the lab can't evaluate.
    """

    kind: Kind
    layer: Layer | None = None
    statement: Statement | None = None
    what: str | None = None

    @property
    def allowed(self) -> bool:
        return self.kind == "allowed"


@dataclass(frozen=True)
class _Finding:
    """Whether something allows, and the statement by which."""

    answer: Answer
    layer: Layer
    statement: Statement | None = None


def decide(
    request: Request,
    identity_policies: Sequence[Policy],
    boundary: Policy | None = None,
    resource_policy: Policy | None = None,
    endpoint_policy: Policy | None = None,
    session_policy: Policy | None = None,
    *,
    same_account: bool,
    resource_policy_required: bool = False,
) -> Decision:
    """What AWS would decide on the request.

    `identity_policies` are those of the user and its groups, or of the role. `same_account`: whether the
    resource is in the caller's account. `resource_policy_required` is for KMS keys, whose key policy must
    allow even within the account: by naming the caller, or by naming the account, and then identity-based
    policies must allow too (AWS KMS Developer Guide, "Key policies").

    Raises ValueError when a policy is of another kind than its place here.
    """
    asked = _Asked(request, identity_policies, boundary, resource_policy, endpoint_policy, session_policy)
    denied = asked.explicit_deny()
    if denied is not None:
        return denied
    if not same_account:
        granted = _first_gap(asked.cross_account_gates())
    else:
        granted = asked.within_account(resource_policy_required)
    if endpoint_policy is None:
        return granted
    endpoint = asked.allows([endpoint_policy], Layer.ENDPOINT)
    if endpoint.answer is True or granted.kind == "implicit_deny":
        return granted
    return _first_gap([endpoint]) if granted.allowed or endpoint.answer is False else granted


class _Asked:
    """One request and the policies that have a say in it."""

    def __init__(
        self,
        request: Request,
        identity: Sequence[Policy],
        boundary: Policy | None,
        resource: Policy | None,
        endpoint: Policy | None,
        session: Policy | None,
    ) -> None:
        self._request = request
        self._policies = {
            Layer.IDENTITY: list(identity),
            Layer.RESOURCE: [resource] if resource else [],
            Layer.BOUNDARY: [boundary] if boundary else [],
            Layer.SESSION: [session] if session else [],
            Layer.ENDPOINT: [endpoint] if endpoint else [],
        }
        for layer, policies in self._policies.items():
            for policy in policies:
                if policy.layer is not layer:
                    raise ValueError(f"a {policy.layer.value} was given as {layer.value}: {policy.name!r}")

    def explicit_deny(self) -> Decision | None:
        """The first Deny that applies; else the first that the lab can't evaluate; else none."""
        doubt = None
        for layer, policies in self._policies.items():
            for statement in _statements(policies, Effect.DENY):
                answer = self._applies(statement, Match.ACCOUNT)
                if answer is True:
                    return Decision("explicit_deny", layer, statement)
                if isinstance(answer, CannotTell):
                    doubt = doubt or Decision("cannot_evaluate", layer, statement, answer.what)
        return doubt

    def within_account(self, resource_policy_required: bool) -> Decision:
        direct = self._resource_allows(Match.DIRECT)
        limited = _first_gap(self._own_gates(resource_policy_required))
        if direct.answer is True or (direct.answer is not False and not limited.allowed):
            return _first_gap([direct])
        return limited

    def _own_gates(self, resource_policy_required: bool) -> Iterator[_Finding]:
        """What must allow where the resource's policy doesn't name the caller itself."""
        behind, identity = self._resource_allows(Match.BEHIND), self._identity_allows()
        if resource_policy_required:
            yield self._resource_allows(Match.ACCOUNT)
        yield _either(behind, identity)
        yield from self._limits()

    def cross_account_gates(self) -> Iterator[_Finding]:
        """Both accounts must allow: "The request is allowed only if both evaluations return … Allow"."""
        yield self._resource_allows(Match.ACCOUNT)
        yield self._identity_allows()
        yield from self._limits()

    def _limits(self) -> Iterator[_Finding]:
        if self._request.caller.kind is CallerKind.ROOT:
            return
        for layer in (Layer.BOUNDARY, Layer.SESSION):
            if self._policies[layer]:
                yield self.allows(self._policies[layer], layer)
        if self._request.caller.kind is CallerKind.FEDERATED_USER and not self._policies[Layer.SESSION]:
            # "If there is no session policy, the code checks whether the principal is a role session. …
            # Otherwise, the request is implicitly denied".
            yield _Finding(False, Layer.SESSION)

    def _identity_allows(self) -> _Finding:
        if self._request.caller.kind is CallerKind.ROOT:
            return _Finding(True, Layer.IDENTITY)
        return self.allows(self._policies[Layer.IDENTITY], Layer.IDENTITY)

    def _resource_allows(self, least: Match) -> _Finding:
        return self.allows(self._policies[Layer.RESOURCE], Layer.RESOURCE, least)

    def allows(self, policies: Iterable[Policy], layer: Layer, least: Match = Match.ACCOUNT) -> _Finding:
        """Whether a statement of these policies allows, naming the caller at least as directly as `least`."""
        doubt = _Finding(False, layer)
        for statement in _statements(policies, Effect.ALLOW):
            answer = self._applies(statement, least)
            if answer is True:
                return _Finding(True, layer, statement)
            if answer is not False and doubt.answer is False:
                doubt = _Finding(answer, layer, statement)
        return doubt

    def _applies(self, statement: Statement, least: Match) -> Answer:
        named = statement.names(self._request, has_boundary=bool(self._policies[Layer.BOUNDARY]))
        is_named = named if isinstance(named, CannotTell) else named >= least
        return all_of((is_named, statement.applies(self._request))) if is_named is not False else False


def _statements(policies: Iterable[Policy], effect: Effect) -> Iterator[Statement]:
    return (statement for policy in policies for statement in policy.with_effect(effect))


def _either(first: _Finding, second: _Finding) -> _Finding:
    """The one that allows; what neither allows is missing in the second."""
    answer = any_of((first.answer, second.answer))
    return first if answer is not False and first.answer == answer else second


def _first_gap(gates: Iterable[_Finding]) -> Decision:
    """Each gate must allow. The first that doesn't decides; if all do, the first says by which statement."""
    found = list(gates)
    for gate in found:
        if gate.answer is False:
            return Decision("implicit_deny", gate.layer)
    for gate in found:
        if isinstance(gate.answer, CannotTell):
            return Decision("cannot_evaluate", gate.layer, gate.statement, gate.answer.what)
    return Decision("allowed", found[0].layer, found[0].statement)
