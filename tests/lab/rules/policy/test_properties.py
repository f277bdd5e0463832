"""What must hold whatever the policies are."""

import ast
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import lab.rules.policy
from lab.rules.policy import Caller, Decision, Layer, decide
from tests.lab.rules.policy.support import (
    ACCOUNT,
    FEDERATED,
    OTHER_STREAM,
    ROLE,
    ROOT,
    SESSION,
    STREAM,
    USER,
    asking,
    policy,
    statement,
)

ACTIONS = st.sampled_from(
    ["*", "kinesis:*", "kinesis:Put*", "kinesis:PutRecord", "kinesis:GetRecords", "s3:*"]
)
RESOURCES = st.sampled_from(
    ["*", STREAM, OTHER_STREAM, "arn:aws:kinesis:*", "arn:aws:kinesis:*:*:stream/${aws:username}"]
)
PRINCIPALS = st.sampled_from(["*", ACCOUNT, USER.arn, ROLE.arn, SESSION.arn, FEDERATED.arn])
CONDITIONS = st.sampled_from(
    [
        {},
        {"StringEquals": {"aws:ResourceTag/team": "red"}},
        {"StringNotEqualsIfExists": {"aws:ResourceTag/team": "red"}},
        {"Null": {"aws:ResourceTag/team": "true"}},
        {"ForAllValues:StringLike": {"aws:TagKeys": "t*"}},
        {"ForAnyValue:StringLike": {"aws:TagKeys": ["t*", "u"]}},
        {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    ]
)


@st.composite
def statements(draw: st.DrawFn, effect: str | None = None, with_principal: bool = False) -> dict[str, Any]:
    parts: dict[str, Any] = {
        draw(st.sampled_from(["Action", "NotAction"])): draw(st.lists(ACTIONS, min_size=1, max_size=2))
    }
    parts |= {
        draw(st.sampled_from(["Resource", "NotResource"])): draw(RESOURCES),
        "Condition": draw(CONDITIONS),
    }
    chosen = effect or draw(st.sampled_from(["Allow", "Deny"]))
    if with_principal:
        element = draw(st.sampled_from(["Principal", "NotPrincipal"])) if chosen == "Deny" else "Principal"
        parts[element] = {"AWS": draw(st.lists(PRINCIPALS, min_size=1, max_size=3))}
    return {"Effect": chosen, **parts}


@st.composite
def settings(draw: st.DrawFn) -> dict[str, Any]:
    """Everything that is asked apart from the identity-based policies: statements by layer, and how."""
    made: dict[str, Any] = {}
    for argument in ("boundary", "session_policy", "resource_policy", "endpoint_policy"):
        principals = argument in ("resource_policy", "endpoint_policy")
        if draw(st.booleans()):
            allowing = statement(**({"Principal": "*"} if principals else {}))
            one = st.just(allowing) | statements(with_principal=principals)
            made[argument] = draw(st.lists(one, min_size=1, max_size=2))
    return made | {"same_account": draw(st.booleans()), "resource_policy_required": draw(st.booleans())}


LAYER_OF = {
    "boundary": Layer.BOUNDARY,
    "session_policy": Layer.SESSION,
    "resource_policy": Layer.RESOURCE,
    "endpoint_policy": Layer.ENDPOINT,
}
CALLERS = st.sampled_from([USER, SESSION, ROLE, FEDERATED, ROOT])
CONTEXTS = st.fixed_dictionaries(
    {},
    optional={
        "aws:ResourceTag/team": st.sampled_from(["red", "blue"]),
        "aws:TagKeys": st.lists(st.sampled_from(["team", "u", "x"]), max_size=2),
        "aws:SourceIp": st.sampled_from(["203.0.113.9", "198.51.100.1"]),
    },
)
IDENTITY = st.lists(st.just(statement()) | statements(), max_size=3)


def outcome(
    who: Caller, context: dict[str, Any], identity: list[dict[str, Any]], how: dict[str, Any]
) -> Decision:
    others: dict[str, Any] = {
        argument: policy(*value, layer=LAYER_OF[argument]) if argument in LAYER_OF else value
        for argument, value in how.items()
    }
    policies = [policy(*identity)] if identity else []
    return decide(asking(who, context=context), policies, **others)


ALLOWED = {"same_account": True, "resource_policy_required": False}


@given(CALLERS, CONTEXTS, IDENTITY, settings(), statements("Deny"))
@example(USER, {}, [statement()], ALLOWED, statement("Deny"))
def test_a_deny_more_never_allows_more(
    who: Caller,
    context: dict[str, Any],
    identity: list[dict[str, Any]],
    how: dict[str, Any],
    deny: dict[str, Any],
) -> None:
    before, after = outcome(who, context, identity, how), outcome(who, context, [*identity, deny], how)
    assert before.allowed or not after.allowed
    if before.kind == "explicit_deny":
        assert after.kind == "explicit_deny"


@given(CALLERS, CONTEXTS, IDENTITY, settings(), statements("Allow"))
@example(
    USER, {}, [statement()], ALLOWED, statement(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
)
def test_an_allow_more_never_denies_more(
    who: Caller,
    context: dict[str, Any],
    identity: list[dict[str, Any]],
    how: dict[str, Any],
    allow: dict[str, Any],
) -> None:
    before, after = outcome(who, context, identity, how), outcome(who, context, [*identity, allow], how)
    assert after.allowed or not before.allowed


def test_the_two_properties_can_fail() -> None:
    """Positive control: a deny more does take away, an allow more does give."""
    assert outcome(USER, {}, [statement()], ALLOWED).allowed
    assert not outcome(USER, {}, [statement(), statement("Deny")], ALLOWED).allowed
    assert not outcome(USER, {}, [], ALLOWED).allowed


@given(st.data(), CALLERS, CONTEXTS, IDENTITY, settings())
def test_the_order_of_statements_does_not_matter(
    data: st.DataObject,
    who: Caller,
    context: dict[str, Any],
    identity: list[dict[str, Any]],
    how: dict[str, Any],
) -> None:
    shuffled = {k: data.draw(st.permutations(v)) if isinstance(v, list) else v for k, v in how.items()}
    before = outcome(who, context, identity, how)
    after = outcome(who, context, data.draw(st.permutations(identity)), shuffled)
    assert (before.kind, before.layer) == (after.kind, after.layer)


@given(CALLERS, CONTEXTS, IDENTITY, settings())
def test_statements_of_one_policy_may_stand_in_several(
    who: Caller, context: dict[str, Any], identity: list[dict[str, Any]], how: dict[str, Any]
) -> None:
    others: dict[str, Any] = {
        k: policy(*v, layer=LAYER_OF[k]) if k in LAYER_OF else v for k, v in how.items()
    }
    apart = decide(asking(who, context=context), [policy(one) for one in identity], **others)
    together = outcome(who, context, identity, how)
    assert (apart.kind, apart.layer) == (together.kind, together.layer)


@given(
    st.lists(ACTIONS, min_size=1, max_size=3),
    st.sampled_from(["kinesis:PutRecord", "kinesis:GetRecords", "s3:GetObject"]),
)
def test_not_action_is_the_complement_of_action(listed: list[str], action: str) -> None:
    plain = decide(asking(action=action), [policy(statement(Action=listed))], same_account=True)
    complement = decide(asking(action=action), [policy(statement(NotAction=listed))], same_account=True)
    assert plain.allowed is not complement.allowed


@given(st.lists(RESOURCES, min_size=1, max_size=3), st.sampled_from([STREAM, OTHER_STREAM, "arn:aws:s3:::b"]))
def test_not_resource_is_the_complement_of_resource(listed: list[str], resource: str) -> None:
    plain = decide(asking(resource=resource), [policy(statement(Resource=listed))], same_account=True)
    complement = decide(asking(resource=resource), [policy(statement(NotResource=listed))], same_account=True)
    assert plain.allowed is not complement.allowed


@given(CALLERS, CONTEXTS, IDENTITY, settings())
def test_what_decided_is_told(
    who: Caller, context: dict[str, Any], identity: list[dict[str, Any]], how: dict[str, Any]
) -> None:
    decision = outcome(who, context, identity, how)
    assert decision.layer is not None
    assert (decision.what is not None) is (decision.kind == "cannot_evaluate")
    assert (decision.statement is not None) or decision.kind == "implicit_deny" or who is ROOT
    if decision.statement is not None and decision.kind == "explicit_deny":
        assert decision.statement.effect.value == "Deny"


def foreign_imports(source: str) -> list[str]:
    """Modules that the source imports and that are neither the standard library's nor lab.rules.policy's."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or ".")
    return [
        name
        for name in names
        if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith("lab.rules.policy")
    ]


MODULES = sorted(Path(lab.rules.policy.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_the_package_needs_the_standard_library_only(module: Path) -> None:
    assert foreign_imports(module.read_text()) == []


def test_a_foreign_import_would_be_seen() -> None:
    foreign = foreign_imports("import json, boto3\nfrom lab.rules.quotas import MIB\n")
    assert foreign == ["boto3", "lab.rules.quotas"]
    assert len(MODULES) > 10
