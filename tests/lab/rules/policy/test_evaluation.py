"""The decision, row by row, as "Policy evaluation logic" and its neighbours in the IAM User Guide tell it."""

from typing import Any

import pytest

from lab.rules.policy import Caller, Layer, Policy, caller, decide
from tests.lab.rules.policy.support import (
    ACCOUNT,
    FEDERATED,
    OTHER_ACCOUNT,
    PUT,
    ROLE,
    ROOT,
    SESSION,
    STRANGER,
    STREAM,
    USER,
    asking,
    decided,
    policy,
    shared,
    statement,
)

ALLOW = policy(statement())
DENY = policy(statement("Deny"))
NOTHING = policy(statement(Action="s3:GetObject"))
BOUNDARY = policy(statement(), layer=Layer.BOUNDARY)
EMPTY_BOUNDARY = policy(statement(Action="s3:GetObject"), layer=Layer.BOUNDARY)
SESSION_POLICY = policy(statement(), layer=Layer.SESSION)
EMPTY_SESSION_POLICY = policy(statement(Action="s3:GetObject"), layer=Layer.SESSION)
ENDPOINT = policy(statement(Principal="*"), layer=Layer.ENDPOINT)
EMPTY_ENDPOINT = policy(statement(Principal="*", Action="s3:GetObject"), layer=Layer.ENDPOINT)


def shared_with(principal: str, effect: str = "Allow") -> Policy:
    return shared(statement(effect, Principal={"AWS": principal}, Resource=STREAM))


def test_everything_is_denied_until_something_allows() -> None:
    assert decided(asking()) == ("implicit_deny", Layer.IDENTITY)
    assert decided(asking(), NOTHING) == ("implicit_deny", Layer.IDENTITY)
    assert decided(asking(), NOTHING, ALLOW) == ("allowed", Layer.IDENTITY)


LAYERS = [
    ("boundary", Layer.BOUNDARY),
    ("session_policy", Layer.SESSION),
    ("resource_policy", Layer.RESOURCE),
    ("endpoint_policy", Layer.ENDPOINT),
]


@pytest.mark.parametrize(("argument", "layer"), LAYERS)
@pytest.mark.parametrize("same_account", [True, False])
@pytest.mark.parametrize("who", [USER, SESSION, ROOT])
def test_an_explicit_deny_in_any_layer_decides(
    argument: str, layer: Layer, same_account: bool, who: Caller
) -> None:
    named = {"Principal": "*"} if layer.has_principals else {}
    allowing = policy(statement(**named), layer=layer)
    denying = policy(statement(**named), statement("Deny", **named), layer=layer)
    others: dict[str, Any] = (
        {}
        if same_account or layer is Layer.RESOURCE
        else {"resource_policy": shared(statement(Principal="*"))}
    )
    assert decided(asking(who), ALLOW, same_account=same_account, **others, **{argument: denying}) == (
        "explicit_deny",
        layer,
    )
    assert (
        decided(asking(who), ALLOW, same_account=same_account, **others, **{argument: allowing})[0]
        == "allowed"
    )


def test_an_explicit_deny_in_an_identity_policy_decides() -> None:
    assert decided(asking(), ALLOW, DENY) == ("explicit_deny", Layer.IDENTITY)
    assert decided(asking(), DENY, resource_policy=shared_with(USER.arn)) == ("explicit_deny", Layer.IDENTITY)


def test_the_user_guides_carlos() -> None:
    """ "Example identity-based and resource-based policy evaluation" """
    carlos = caller("arn:aws:iam::123456789012:user/carlossalazar")
    own = ["arn:aws:s3:::carlossalazar/*", "arn:aws:s3:::carlossalazar"]
    identity = policy(
        statement(Sid="AllowS3ListRead", Action=["s3:GetBucketLocation"], Resource="arn:aws:s3:::*"),
        statement(Sid="AllowS3Self", Action="s3:*", Resource=own),
        statement("Deny", Sid="DenyS3Logs", Action="s3:*", Resource="arn:aws:s3:::*log*"),
    )
    bucket = shared(statement(Principal={"AWS": carlos.arn}, Action="s3:*", Resource=own))

    def on(resource: str, action: str = "s3:PutObject") -> str:
        request = asking(carlos, action, f"arn:aws:s3:::{resource}")
        return decided(request, identity, resource_policy=bucket)[0]

    assert on("carlossalazar-logs/file") == "explicit_deny"
    assert on("carlossalazar/file") == "allowed"
    assert on("other/file") == "implicit_deny"
    assert on("other", "s3:GetBucketLocation") == "allowed"
    logged = decide(asking(carlos, "s3:PutObject", "arn:aws:s3:::logs/x"), [identity], same_account=True)
    assert logged.statement is not None
    assert logged.statement.sid == "DenyS3Logs"


def test_the_user_guides_boundary_of_shirley() -> None:
    """ "Permissions boundaries for IAM entities": the boundary limits and grants nothing"""
    boundary = policy(statement(Action=["s3:*", "cloudwatch:*", "ec2:*"]), layer=Layer.BOUNDARY)
    creating = policy(statement(Action="iam:CreateUser"))
    request = asking(action="iam:CreateUser", resource="*")
    assert decided(request, creating, boundary=boundary) == ("implicit_deny", Layer.BOUNDARY)
    assert decided(request, creating) == ("allowed", Layer.IDENTITY)
    assert decided(asking(action="s3:GetObject"), boundary=boundary) == ("implicit_deny", Layer.IDENTITY)
    both = policy(statement(Action="s3:*"))
    assert decided(asking(action="s3:GetObject"), both, boundary=boundary) == ("allowed", Layer.IDENTITY)


# "Resource-based policies and implicit denies in other policy types (same account)":
# nothing but the resource-based policy allows; boundary and session policy allow something else.
@pytest.mark.parametrize(
    ("who", "principal", "expected"),
    [
        (USER, USER.arn, ("allowed", Layer.RESOURCE)),
        (USER, "*", ("allowed", Layer.RESOURCE)),
        (USER, ACCOUNT, ("implicit_deny", Layer.IDENTITY)),
        (USER, f"arn:aws:iam::{ACCOUNT}:user/team/carlos", ("implicit_deny", Layer.IDENTITY)),
        (SESSION, ROLE.arn, ("implicit_deny", Layer.BOUNDARY)),
        (SESSION, SESSION.arn, ("allowed", Layer.RESOURCE)),
        (SESSION, f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/other", ("implicit_deny", Layer.IDENTITY)),
        (SESSION, "*", ("allowed", Layer.RESOURCE)),
        (ROLE, ROLE.arn, ("implicit_deny", Layer.BOUNDARY)),
        (FEDERATED, f"arn:aws:iam::{ACCOUNT}:user/bob", ("implicit_deny", Layer.BOUNDARY)),
        (FEDERATED, FEDERATED.arn, ("allowed", Layer.RESOURCE)),
        (ROOT, ROOT.arn, ("allowed", Layer.RESOURCE)),
        (ROOT, ACCOUNT, ("allowed", Layer.RESOURCE)),
    ],
)
def test_what_a_resource_policy_alone_does(who: Caller, principal: str, expected: tuple[str, Layer]) -> None:
    others: dict[str, Any] = (
        {} if who is ROOT else {"boundary": EMPTY_BOUNDARY, "session_policy": EMPTY_SESSION_POLICY}
    )
    assert decided(asking(who), resource_policy=shared_with(principal), **others) == expected


def test_a_policy_that_names_the_role_is_limited_by_boundary_and_session_policy_only() -> None:
    naming = shared_with(ROLE.arn)
    assert decided(asking(SESSION), resource_policy=naming) == ("allowed", Layer.RESOURCE)
    assert decided(asking(SESSION), resource_policy=naming, boundary=BOUNDARY)[0] == "allowed"
    assert decided(asking(SESSION), resource_policy=naming, session_policy=EMPTY_SESSION_POLICY) == (
        "implicit_deny",
        Layer.SESSION,
    )
    assert decided(
        asking(SESSION), resource_policy=naming, boundary=BOUNDARY, session_policy=SESSION_POLICY
    ) == (
        "allowed",
        Layer.RESOURCE,
    )


def test_session_policies_cut_what_the_role_may_do() -> None:
    assert decided(asking(SESSION), ALLOW) == ("allowed", Layer.IDENTITY)
    assert decided(asking(SESSION), ALLOW, session_policy=SESSION_POLICY) == ("allowed", Layer.IDENTITY)
    assert decided(asking(SESSION), ALLOW, session_policy=EMPTY_SESSION_POLICY) == (
        "implicit_deny",
        Layer.SESSION,
    )
    assert decided(asking(SESSION), session_policy=SESSION_POLICY) == ("implicit_deny", Layer.IDENTITY)


def test_a_federated_user_needs_a_session_policy() -> None:
    assert decided(asking(FEDERATED), ALLOW) == ("implicit_deny", Layer.SESSION)
    assert decided(asking(FEDERATED), ALLOW, session_policy=SESSION_POLICY) == ("allowed", Layer.IDENTITY)


@pytest.mark.parametrize(
    ("identity", "resource", "expected"),
    [
        (ALLOW, shared_with(STRANGER.arn), ("allowed", Layer.RESOURCE)),
        (ALLOW, shared_with(OTHER_ACCOUNT), ("allowed", Layer.RESOURCE)),
        (ALLOW, None, ("implicit_deny", Layer.RESOURCE)),
        (ALLOW, shared_with(USER.arn), ("implicit_deny", Layer.RESOURCE)),
        (NOTHING, shared_with(STRANGER.arn), ("implicit_deny", Layer.IDENTITY)),
        (NOTHING, shared_with("*"), ("implicit_deny", Layer.IDENTITY)),
        (NOTHING, None, ("implicit_deny", Layer.RESOURCE)),
        (ALLOW, shared_with(STRANGER.arn, "Deny"), ("explicit_deny", Layer.RESOURCE)),
        (DENY, shared_with(STRANGER.arn), ("explicit_deny", Layer.IDENTITY)),
    ],
)
def test_across_accounts_both_must_allow(
    identity: Policy, resource: Policy | None, expected: tuple[str, Layer]
) -> None:
    assert decided(asking(STRANGER), identity, resource_policy=resource, same_account=False) == expected


def test_across_accounts_the_boundary_limits_even_who_is_named() -> None:
    assert decided(
        asking(STRANGER),
        ALLOW,
        resource_policy=shared_with(STRANGER.arn),
        boundary=EMPTY_BOUNDARY,
        same_account=False,
    ) == ("implicit_deny", Layer.BOUNDARY)


def test_the_root_user() -> None:
    assert decided(asking(ROOT)) == ("allowed", Layer.IDENTITY)
    assert decided(asking(USER)) == ("implicit_deny", Layer.IDENTITY)
    assert decided(asking(ROOT), resource_policy=shared_with(ACCOUNT, "Deny")) == (
        "explicit_deny",
        Layer.RESOURCE,
    )
    assert decided(asking(ROOT), same_account=False) == ("implicit_deny", Layer.RESOURCE)
    assert decided(asking(ROOT), endpoint_policy=EMPTY_ENDPOINT) == ("implicit_deny", Layer.ENDPOINT)


@pytest.mark.parametrize(
    ("who", "principal", "identity", "expected"),
    [
        (USER, USER.arn, NOTHING, ("allowed", Layer.RESOURCE)),
        (USER, ACCOUNT, ALLOW, ("allowed", Layer.RESOURCE)),
        (USER, ACCOUNT, NOTHING, ("implicit_deny", Layer.IDENTITY)),
        (USER, ROLE.arn, ALLOW, ("implicit_deny", Layer.RESOURCE)),
        (SESSION, ROLE.arn, NOTHING, ("allowed", Layer.RESOURCE)),
        (ROOT, ACCOUNT, NOTHING, ("allowed", Layer.RESOURCE)),
        (ROOT, USER.arn, NOTHING, ("implicit_deny", Layer.RESOURCE)),
    ],
)
def test_a_key_policy_must_allow_even_within_the_account(
    who: Caller, principal: str, identity: Policy, expected: tuple[str, Layer]
) -> None:
    key_policy = shared_with(principal)
    assert (
        decided(asking(who), identity, resource_policy=key_policy, resource_policy_required=True) == expected
    )
    assert decided(asking(who), ALLOW, resource_policy_required=True) == ("implicit_deny", Layer.RESOURCE)


def test_the_endpoint_policy_limits_and_grants_nothing() -> None:
    assert decided(asking(), ALLOW, endpoint_policy=ENDPOINT) == ("allowed", Layer.IDENTITY)
    assert decided(asking(), ALLOW, endpoint_policy=EMPTY_ENDPOINT) == ("implicit_deny", Layer.ENDPOINT)
    assert decided(asking(), endpoint_policy=ENDPOINT) == ("implicit_deny", Layer.IDENTITY)
    for_others = policy(statement(Principal={"AWS": ROLE.arn}), layer=Layer.ENDPOINT)
    assert decided(asking(), ALLOW, endpoint_policy=for_others) == ("implicit_deny", Layer.ENDPOINT)
    assert decided(asking(SESSION), ALLOW, endpoint_policy=for_others)[0] == "allowed"
    named = shared_with(USER.arn)
    assert decided(asking(), resource_policy=named, endpoint_policy=EMPTY_ENDPOINT) == (
        "implicit_deny",
        Layer.ENDPOINT,
    )


def test_every_statement_part_counts() -> None:
    request = asking()
    for parts, expected in (
        ({"Action": "KINESIS:putrecord"}, "allowed"),
        ({"Action": "kinesis:Put*"}, "allowed"),
        ({"Action": "kinesis:PutRecord?"}, "implicit_deny"),
        ({"NotAction": "kinesis:Get*"}, "allowed"),
        ({"NotAction": ["s3:*", "kinesis:*"]}, "implicit_deny"),
        ({"Resource": [STREAM, "arn:aws:s3:::x"]}, "allowed"),
        ({"Resource": f"{STREAM}-old"}, "implicit_deny"),
        ({"NotResource": f"{STREAM}-old"}, "allowed"),
        ({"NotResource": "arn:aws:kinesis:*:*:stream/*"}, "implicit_deny"),
    ):
        assert decided(request, policy(statement(**parts)))[0] == expected, parts


def excepting(*principals: str) -> Policy:
    return shared(statement(Principal="*"), statement("Deny", NotPrincipal={"AWS": list(principals)}))


@pytest.mark.parametrize(
    ("who", "excepted", "expected"),
    [
        (USER, [USER.arn, ACCOUNT], "allowed"),
        (USER, [USER.arn], "cannot_evaluate"),
        (USER, [ACCOUNT], "cannot_evaluate"),
        (USER, [OTHER_ACCOUNT], "explicit_deny"),
        (SESSION, [SESSION.arn, ROLE.arn, ACCOUNT], "allowed"),
        (SESSION, [ROLE.arn, ACCOUNT], "cannot_evaluate"),
        (ROLE, [ROLE.arn, ACCOUNT], "allowed"),
        (ROOT, [ACCOUNT], "allowed"),
    ],
)
def test_not_principal(who: Caller, excepted: list[str], expected: str) -> None:
    assert decided(asking(who), resource_policy=excepting(*excepted))[0] == expected


def test_not_principal_denies_whoever_has_a_boundary() -> None:
    policies = excepting(USER.arn, ACCOUNT)
    assert decided(asking(), resource_policy=policies, boundary=BOUNDARY) == ("explicit_deny", Layer.RESOURCE)


UNKNOWN = {"StringEquals": {"aws:MultiFactorAuthPresent": "true"}}


def test_what_cannot_be_evaluated_is_refused_when_it_matters() -> None:
    asks = policy(statement(Condition=UNKNOWN))
    refused = decide(asking(), [asks], same_account=True)
    assert (refused.kind, refused.what) == ("cannot_evaluate", "condition key aws:MultiFactorAuthPresent")
    assert refused.layer is Layer.IDENTITY
    assert not refused.allowed
    assert decided(asking(), asks, ALLOW)[0] == "allowed", "another statement allows whatever the first says"
    assert decided(asking(), asks, DENY)[0] == "explicit_deny", (
        "another statement denies whatever the first says"
    )
    unless = policy(statement("Deny", Condition=UNKNOWN))
    assert decided(asking(), ALLOW, unless)[0] == "cannot_evaluate"
    assert decided(asking(action="kinesis:GetRecords"), policy(statement(Action="*")), unless)[0] == "allowed"


def test_what_cannot_be_evaluated_in_other_layers() -> None:
    named = shared(statement(Principal={"AWS": USER.arn}, Condition=UNKNOWN))
    endpoint = policy(statement(Principal="*", Condition=UNKNOWN), layer=Layer.ENDPOINT)
    boundary = policy(statement(Condition=UNKNOWN), layer=Layer.BOUNDARY)
    assert decided(asking(), resource_policy=named) == ("cannot_evaluate", Layer.RESOURCE)
    assert decided(asking(), ALLOW, resource_policy=named) == ("allowed", Layer.IDENTITY)
    assert decided(asking(), ALLOW, boundary=boundary) == ("cannot_evaluate", Layer.BOUNDARY)
    assert decided(asking(), boundary=boundary) == ("implicit_deny", Layer.IDENTITY)
    assert decided(asking(), ALLOW, endpoint_policy=endpoint) == ("cannot_evaluate", Layer.ENDPOINT)
    assert decided(asking(), endpoint_policy=endpoint) == ("implicit_deny", Layer.IDENTITY)
    both: dict[str, Any] = {"boundary": boundary, "endpoint_policy": EMPTY_ENDPOINT}
    assert decided(asking(), ALLOW, **both) == ("implicit_deny", Layer.ENDPOINT)


def test_a_policy_in_the_wrong_place_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="a permissions boundary was given as identity-based policy"):
        decide(asking(), [BOUNDARY], same_account=True)


@pytest.mark.parametrize(
    "arn",
    [
        "maria",
        "arn:aws:iam::111122223333:user",
        "arn:aws:iam::111122223333:root/x",
        "arn:aws:sts::111122223333:assumed-role/reader",
        "arn:aws:iam::111122223333:assumed-role/reader/x",
        "arn:aws:iam::111122223333:group/team",
        "arn:aws:iam::1111:user/maria",
    ],
)
def test_a_caller_needs_an_arn_of_a_caller(arn: str) -> None:
    with pytest.raises(ValueError, match="is not the ARN of a user"):
        caller(arn)


def test_a_roles_path_can_be_told() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/service/reader"
    session = caller(SESSION.arn, role)
    assert decided(asking(session), resource_policy=shared_with(role))[0] == "allowed"
    assert decided(asking(SESSION), resource_policy=shared_with(role))[0] == "implicit_deny"


def test_the_deciding_statement_is_named() -> None:
    identity = policy(statement(Action="s3:*"), statement(Sid="Write", Action=PUT))
    decision = decide(asking(), [identity], same_account=True)
    assert decision.statement is not None
    assert (decision.statement.policy, decision.statement.place) == ("under-test", "Statement[1] (Write)")
