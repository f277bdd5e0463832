"""Condition operators: present and missing keys, one and several values, on both sides."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from lab.rules.policy import decide
from lab.rules.policy.keys import KNOWN_KEY_PREFIXES, KNOWN_KEYS, ContextValue
from lab.rules.policy.operators import COMPARISONS, NULL
from tests.lab.rules.policy.support import (
    ACCOUNT,
    ROLE,
    SESSION,
    STREAM,
    USER,
    asking,
    one_or_list,
    policy,
    statement,
    with_condition,
)

TAG = "aws:ResourceTag/team"


def met(written: str, key: str, values: Sequence[str], context: Mapping[str, ContextValue]) -> bool | str:
    """Whether the condition is met, or what of it can't be evaluated."""
    decision = with_condition({written: {key: one_or_list(values)}}, context)
    return decision.what or decision.kind if decision.kind == "cannot_evaluate" else decision.allowed


# Operator, the policy's values, a value of the request, whether it is met.
# IAM User Guide, "Condition operators"; the examples there where it has some.
SINGLE_VALUES: list[tuple[str, list[str], str, bool]] = [
    ("StringEquals", ["red"], "red", True),
    ("StringEquals", ["red"], "Red", False),
    ("StringEquals", ["red", "blue"], "blue", True),
    ("StringEquals", ["red", "blue"], "green", False),
    ("StringEquals", ["re*"], "red", False),
    ("StringEquals", ["re*"], "re*", True),
    ("StringEquals", [""], "", True),
    ("StringNotEquals", ["red"], "red", False),
    ("StringNotEquals", ["red"], "Red", True),
    ("StringNotEquals", ["red", "blue"], "blue", False),
    ("StringNotEquals", ["red", "blue"], "green", True),
    ("StringEqualsIgnoreCase", ["RED"], "red", True),
    ("StringEqualsIgnoreCase", ["RED"], "reds", False),
    ("StringNotEqualsIgnoreCase", ["RED"], "red", False),
    ("StringNotEqualsIgnoreCase", ["RED"], "reds", True),
    ("StringLike", ["re*"], "red", True),
    ("StringLike", ["re?"], "red", True),
    ("StringLike", ["Re*"], "red", False),
    ("StringLike", ["home/", "b*"], "blue", True),
    ("StringNotLike", ["re*"], "red", False),
    ("StringNotLike", ["re*"], "blue", True),
    ("StringNotLike", ["re*", "bl*"], "blue", False),
    ("ArnEquals", [STREAM], STREAM, True),
    ("ArnEquals", ["arn:aws:kinesis:*:*:stream/*"], STREAM, True),
    ("ArnLike", ["arn:aws:kinesis:*:*:stream/*"], STREAM, True),
    ("ArnLike", ["arn:aws:kinesis:*:*:stream/*", "arn:aws:s3:::*"], "arn:aws:s3:::b", True),
    ("ArnLike", ["arn:aws:KINESIS:*:*:stream/*"], STREAM, False),
    ("ArnEquals", ["arn:aws:s3:::*"], STREAM, False),
    ("ArnNotEquals", ["arn:aws:kinesis:*:*:stream/*"], STREAM, False),
    ("ArnNotEquals", ["arn:aws:s3:::*"], STREAM, True),
    ("ArnNotLike", ["arn:aws:s3:::*", "arn:aws:kinesis:*:*:stream/*"], STREAM, False),
    ("ArnNotLike", ["arn:aws:s3:::*"], STREAM, True),
    ("NumericEquals", ["10"], "10.0", True),
    ("NumericEquals", ["10"], "11", False),
    ("NumericEquals", ["10"], "ten", False),
    ("NumericNotEquals", ["10"], "10.0", False),
    ("NumericNotEquals", ["10"], "11", True),
    ("NumericLessThan", ["10"], "9.5", True),
    ("NumericLessThan", ["10"], "10", False),
    ("NumericLessThan", ["10"], "9e0", True),
    ("NumericLessThan", ["10"], "100", False),  # as text it would be less
    ("NumericLessThanEquals", ["10"], "10", True),
    ("NumericLessThanEquals", ["10"], "11", False),
    ("NumericGreaterThan", ["10"], "10", False),
    ("NumericGreaterThan", ["10"], "11", True),
    ("NumericGreaterThanEquals", ["10"], "10", True),
    ("NumericGreaterThanEquals", ["10"], "9", False),
    ("DateEquals", ["2026-11-30T00:00:00Z"], "2026-11-30T01:00:00+01:00", True),
    ("DateEquals", ["2026-11-30"], "2026-11-30T00:00:00.000Z", True),
    ("DateEquals", ["2026-11"], "2026-11-01T00:00:00Z", True),
    ("DateEquals", ["1796083200"], "2026-12-01T00:00:00Z", True),
    ("DateEquals", ["2026-11-30T00:00:00Z"], "2026-11-30T00:00:01Z", False),
    ("DateNotEquals", ["2026-11-30T00:00:00Z"], "2026-11-30T00:00:01Z", True),
    ("DateNotEquals", ["2026-11-30T00:00:00Z"], "2026-11-30T00:00:00Z", False),
    ("DateLessThan", ["2026-11-30T00:00:00Z"], "2026-11-29T23:59:59Z", True),
    ("DateLessThan", ["2026-11-30T00:00:00Z"], "2026-11-30T00:00:00Z", False),
    ("DateLessThanEquals", ["2026-11-30T00:00:00Z"], "2026-11-30T00:00:00Z", True),
    ("DateLessThanEquals", ["2026-11-30T00:00:00Z"], "2026-11-30T00:00:00.5Z", False),
    ("DateGreaterThan", ["2026-11-30T00:00:00Z"], "2026-11-30T00:00:00.5Z", True),
    ("DateGreaterThan", ["2026-11-30T00:00:00Z"], "2026-11-30T00:00:00Z", False),
    ("DateGreaterThanEquals", ["2026-11-30T00:00:00Z"], "2026-11-30T00:00:00Z", True),
    ("DateGreaterThanEquals", ["2026-11-30T00:00:00Z"], "yesterday", False),
    ("Bool", ["true"], "true", True),
    ("Bool", ["True"], "true", True),
    ("Bool", ["false"], "true", False),
    ("Bool", ["false", "true"], "true", True),
    ("IpAddress", ["203.0.113.0/24"], "203.0.113.255", True),
    ("IpAddress", ["203.0.113.0/24"], "203.0.114.0", False),
    ("IpAddress", ["203.0.113.7"], "203.0.113.7", True),
    ("IpAddress", ["203.0.113.7"], "203.0.113.8", False),
    ("IpAddress", ["203.0.113.0/24", "2001:DB8:1234:5678::/64"], "2001:db8:1234:5678::9", True),
    ("IpAddress", ["203.0.113.0/24"], "2001:db8::1", False),
    ("IpAddress", ["0.0.0.0/0"], "not an address", False),
    ("NotIpAddress", ["203.0.113.0/24"], "203.0.113.255", False),
    ("NotIpAddress", ["203.0.113.0/24"], "198.51.100.1", True),
    ("NotIpAddress", ["203.0.113.0/24", "198.51.100.0/24"], "198.51.100.1", False),
]


@pytest.mark.parametrize(("written", "values", "value", "expected"), SINGLE_VALUES)
def test_one_value_of_the_request(written: str, values: list[str], value: str, expected: bool) -> None:
    assert met(written, TAG, values, {TAG: value}) is expected
    assert met(f"{written}IfExists", TAG, values, {TAG: value}) is expected


def test_every_operator_is_met_in_one_row_and_not_in_another() -> None:
    """Positive control of the table: no operator in it could answer always the same."""
    seen = {(written, expected) for written, _, _, expected in SINGLE_VALUES}
    assert seen == {(written, e) for written in COMPARISONS if written != NULL for e in (True, False)}


VALUE_OF = {
    "Arn": STREAM,
    "Numeric": "1",
    "Date": "2026-11-30",
    "Bool": "true",
    "IpAddress": "203.0.113.0/24",
}
OPERATORS = sorted(set(COMPARISONS) - {NULL})
NEGATED = [name for name in OPERATORS if "Not" in name]


def some_value(written: str) -> str:
    return next((value for kind, value in VALUE_OF.items() if kind in written), "red")


@pytest.mark.parametrize("written", OPERATORS)
def test_a_missing_key(written: str) -> None:
    """ "the condition is false. If the policy condition requires that the key is not matched … true" """
    value = some_value(written)
    assert met(written, TAG, [value], {}) is (written in NEGATED)
    assert met(f"{written}IfExists", TAG, [value], {}) is True
    assert met(f"ForAllValues:{written}", "aws:TagKeys", [value], {}) is True
    assert met(f"ForAllValues:{written}IfExists", "aws:TagKeys", [value], {}) is True
    assert met(f"ForAnyValue:{written}", "aws:TagKeys", [value], {}) is False
    unsaid = met(f"ForAnyValue:{written}IfExists", "aws:TagKeys", [value], {})
    assert unsaid == f"condition operator ForAnyValue:{written}IfExists with aws:TagKeys missing"


def test_there_are_operators_of_both_sorts() -> None:
    assert len(NEGATED) == 8
    assert len(OPERATORS) == 25


@pytest.mark.parametrize(
    ("written", "request_values", "expected"),
    [
        # "Multivalued context key examples": policy values are environment and cost*
        ("ForAllValues:StringLike", ["environment"], True),
        ("ForAllValues:StringLike", ["environment", "cost-center"], True),
        ("ForAllValues:StringLike", ["environment", "owner"], False),
        ("ForAllValues:StringLike", ["owner"], False),
        ("ForAllValues:StringLike", [], True),
        ("ForAllValues:StringLike", [""], True),
        ("ForAnyValue:StringLike", ["environment"], True),
        ("ForAnyValue:StringLike", ["owner", "cost-center"], True),
        ("ForAnyValue:StringLike", ["owner"], False),
        ("ForAnyValue:StringLike", [], False),
        ("ForAnyValue:StringLike", [""], False),
        ("ForAllValues:StringNotLike", ["owner"], True),
        ("ForAllValues:StringNotLike", ["owner", "cost-center"], False),
        ("ForAnyValue:StringNotLike", ["owner", "cost-center"], True),
        ("ForAnyValue:StringNotLike", ["environment", "cost-center"], False),
        ("ForAnyValue:StringLikeIfExists", ["cost-center"], True),
        ("ForAnyValue:StringLikeIfExists", ["owner"], False),
        ("ForAllValues:StringLikeIfExists", ["owner"], False),
    ],
)
def test_several_values_of_the_request(written: str, request_values: list[str], expected: bool) -> None:
    values = ["environment", "cost*"]
    assert met(written, "aws:TagKeys", values, {"aws:TagKeys": request_values}) is expected


@pytest.mark.parametrize(
    ("value", "context", "expected"),
    [
        ("true", {}, True),
        ("false", {}, False),
        ("true", {TAG: "red"}, False),
        ("false", {TAG: "red"}, True),
        ("FALSE", {TAG: "red"}, True),
    ],
)
def test_null_asks_whether_a_key_is_missing(value: str, context: dict[str, str], expected: bool) -> None:
    assert met("Null", TAG, [value], context) is expected


def test_conditions_add_up_and_values_are_alternatives() -> None:
    condition: dict[str, dict[str, Any]] = {
        "StringEquals": {TAG: ["red", "blue"], "aws:RequestedRegion": "eu-central-1"},
        "Bool": {"aws:SecureTransport": "true"},
    }
    all_there = {TAG: "blue", "aws:RequestedRegion": "eu-central-1", "aws:SecureTransport": "true"}
    assert with_condition(condition, all_there).allowed
    for key in all_there:
        assert not with_condition(condition, all_there | {key: "false"}).allowed


def test_key_names_know_no_case_values_do() -> None:
    assert met("StringEquals", "AWS:resourcetag/TEAM", ["red"], {TAG: "red"}) is True
    assert met("StringEquals", TAG, ["RED"], {TAG: "red"}) is False


@pytest.mark.parametrize("key", [*KNOWN_KEYS, *(f"{prefix}some" for prefix in KNOWN_KEY_PREFIXES)])
def test_the_keys_that_the_lab_knows(key: str) -> None:
    written = "ForAnyValue:StringEquals" if key == "aws:TagKeys" else "StringEquals"
    assert met(written, key, ["x"], {key: "x"}) is True
    assert met(written, key, ["x"], {key: "y"}) is False


@pytest.mark.parametrize("key", ["aws:MultiFactorAuthPresent", "kinesis:FisActionId", "aws:ResourceTag/"])
def test_a_key_that_the_lab_does_not_know_is_refused_by_name(key: str) -> None:
    assert met("StringEquals", key, ["x"], {}) == f"condition key {key}"
    assert met("StringEqualsIfExists", key, ["x"], {}) == f"condition key {key}"
    assert met("Null", key, ["true"], {}) == f"condition key {key}"
    assert met("StringEquals", key, ["x"], {key: "x"}) is True, "the request brings a value"


def test_what_the_lab_does_not_evaluate_is_refused_by_name() -> None:
    assert met("BinaryEquals", TAG, ["cmVk"], {TAG: "red"}) == "condition operator BinaryEquals"
    assert met("ForAllValues:Null", TAG, ["true"], {}) == "condition operator ForAllValues:Null"
    needs_qualifier = met("StringEquals", "aws:TagKeys", ["a"], {"aws:TagKeys": ["a"]})
    assert str(needs_qualifier).endswith("it needs ForAllValues: or ForAnyValue:")


def test_a_condition_that_fails_anyway_is_not_refused() -> None:
    """Whatever the unknown key holds, the other condition decides; AWS's answer is the same."""
    condition = {
        "StringEquals": {"aws:MultiFactorAuthPresent": "true", "aws:RequestedRegion": "eu-central-1"}
    }
    assert with_condition(condition, {"aws:RequestedRegion": "us-east-1"}).kind == "implicit_deny"
    assert with_condition(condition, {"aws:RequestedRegion": "eu-central-1"}).kind == "cannot_evaluate"


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("${aws:username}", "maria", True),
        ("${aws:username}-*", "maria-7", True),
        ("${AWS:UserName}", "maria", True),
        ("${aws:username}", "carlos", False),
        ("${aws:PrincipalTag/team}", "re*", True),
        ("${aws:PrincipalTag/team}", "red", False),  # a `*` that the request brings is no wildcard
        ("${aws:PrincipalTag/none, 'company-wide'}", "company-wide", True),
        ("${aws:PrincipalTag/none}", "", False),
        ("${*}", "*", True),
        ("${*}", "x", False),
        ("a${?}", "a?", True),
        ("a${?}", "ab", False),
        ("${$}{aws:username}", "${aws:username}", True),
    ],
)
def test_policy_variables(pattern: str, value: str, expected: bool) -> None:
    context = {TAG: value, "aws:PrincipalTag/team": "re*"}
    assert met("StringLike", TAG, [pattern], context) is expected


def test_what_is_no_arn_is_like_no_arn() -> None:
    context = {TAG: "red", "aws:PrincipalTag/team": "red"}
    assert met("StringEquals", TAG, ["${aws:PrincipalTag/team}"], context) is True
    assert met("ArnEquals", TAG, ["${aws:PrincipalTag/team}"], context) is False


def test_policy_variables_are_literal_before_2012() -> None:
    condition = {"StringEquals": {TAG: "${aws:username}"}}
    assert with_condition(condition, {TAG: "${aws:username}"}, version="2008-10-17").allowed
    assert not with_condition(condition, {TAG: "maria"}, version="2008-10-17").allowed


def test_variables_in_resources() -> None:
    home = policy(statement(Resource="arn:aws:kinesis:*:*:stream/${aws:username}"))
    mine = f"arn:aws:kinesis:eu-central-1:{ACCOUNT}:stream/maria"
    assert decide(asking(resource=mine), [home], same_account=True).allowed
    assert not decide(asking(resource=STREAM), [home], same_account=True).allowed
    assert not decide(asking(SESSION, resource=mine), [home], same_account=True).allowed, (
        "a role has no user name"
    )


def test_a_variable_without_value_does_not_make_a_statement_apply() -> None:
    """Two readings of AWS's page remain where the match is negated; the lab names the variable instead."""
    for applying in (
        statement("Deny", NotResource="arn:aws:kinesis:*:*:stream/${aws:username}"),
        statement("Deny", Condition={"StringNotEquals": {TAG: "${aws:username}"}}),
    ):
        policies = [policy(statement(), applying)]
        decision = decide(asking(SESSION, context={TAG: "red"}), policies, same_account=True)
        assert decision.what == "policy variable ${aws:username}, which the request has no value for"
        assert decide(asking(USER, context={TAG: "red"}), policies, same_account=True).kind == "explicit_deny"


def test_variables_that_cannot_be_told() -> None:
    assert (
        met("StringEquals", TAG, ["${aws:TokenIssueTime}"], {TAG: "x"})
        == "policy variable ${aws:TokenIssueTime}"
    )
    several: dict[str, Any] = {TAG: "x", "aws:TagKeys": ["x"]}
    assert "several values" in str(met("StringEquals", TAG, ["${aws:TagKeys}"], several))


def test_keys_that_come_from_the_caller() -> None:
    for who, arn in ((USER, USER.arn), (SESSION, ROLE.arn), (ROLE, ROLE.arn)):
        condition = {
            "ArnEquals": {"aws:PrincipalArn": arn},
            "StringEquals": {"aws:PrincipalAccount": ACCOUNT},
        }
        assert with_condition(condition, {}, who).allowed
    assert not with_condition({"ArnEquals": {"aws:PrincipalArn": SESSION.arn}}, {}, SESSION).allowed
    assert with_condition({"Null": {"aws:username": "true"}}, {}, SESSION).allowed
    assert with_condition({"StringEquals": {"aws:username": "maria"}}, {}, USER).allowed


@pytest.mark.parametrize(
    ("untold", "key", "outcome"),
    [
        ("aws:ResourceTag/", TAG, f"condition key {TAG}"),
        ("aws:SourceVpce", "aws:SourceVpce", "condition key aws:SourceVpce"),
        ("aws:SourceVpce", "aws:SourceVpc", "implicit_deny"),
        ("aws:ResourceTag/", "aws:RequestTag/team", "implicit_deny"),
    ],
)
def test_what_a_request_has_but_nobody_told(untold: str, key: str, outcome: str) -> None:
    asked = asking()
    allowing = policy(statement(Condition={"StringEquals": {key: "x"}}))
    assert decide(asked, [allowing], same_account=True).kind == "implicit_deny", "not there at all"
    decision = decide(replace(asked, untold=(untold,)), [allowing], same_account=True)
    assert (decision.what or decision.kind) == outcome
    told = replace(asked, untold=(untold,), context={key: "x"})
    assert decide(told, [allowing], same_account=True).allowed
