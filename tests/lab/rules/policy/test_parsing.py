"""Reading policies: what is one, and what is said about what is none."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.rules.policy import Effect, Layer, Policy, PolicyError, parse_policy
from tests.lab.rules.policy.support import ACCOUNT, STREAM, document, policy, statement


def test_reads_every_element() -> None:
    read = parse_policy(
        {
            "Version": "2012-10-17",
            "Id": "sharing",
            "Statement": {
                "Sid": "Share with the readers",
                "Effect": "Deny",
                "NotPrincipal": {"AWS": [ACCOUNT]},
                "NotAction": "kinesis:Put*",
                "NotResource": [STREAM],
                "Condition": {"Bool": {"aws:SecureTransport": False}},
            },
        },
        Layer.RESOURCE,
        "orders",
    )
    (only,) = read.statements
    assert (read.version, read.id, read.name) == ("2012-10-17", "sharing", "orders")
    assert (only.effect, only.place) == (Effect.DENY, "Statement[0] (Share with the readers)")
    assert only.principals is not None
    assert only.principals.negated
    assert only.except_actions
    assert only.except_resources
    assert only.conditions[0].values[0].text == "false"


def test_version_is_2008_when_none_is_given() -> None:
    assert parse_policy({"Statement": [statement()]}, Layer.IDENTITY).version == "2008-10-17"


@pytest.mark.parametrize("layer", [Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION])
def test_a_policy_that_is_attached_to_somebody_names_nobody(layer: Layer) -> None:
    with pytest.raises(PolicyError) as refused:
        policy(statement(Principal="*"), layer=layer)
    assert refused.value.place == "Statement[0].Principal"
    assert policy(statement(), layer=layer)


@pytest.mark.parametrize("layer", [Layer.RESOURCE, Layer.ENDPOINT])
def test_a_policy_of_a_resource_or_an_endpoint_names_somebody(layer: Layer) -> None:
    with pytest.raises(PolicyError, match="needs Principal or NotPrincipal, one of them"):
        policy(statement(), layer=layer)
    assert policy(statement(Principal="*"), layer=layer)


WRONG_STATEMENTS: list[tuple[dict[str, Any], str]] = [
    (
        {"Action": "x:y", "Resource": "*"},
        "Statement[0].Effect: is missing; it must be Allow or Deny, written so",
    ),
    (statement("allow"), "Statement[0].Effect: is 'allow'; it must be Allow or Deny, written so"),
    ({"Effect": "Allow", "Resource": "*"}, "Statement[0]: needs Action or NotAction, one of them"),
    (statement(NotAction="a:b", Action="a:b"), "Statement[0]: needs Action or NotAction, not both"),
    ({"Effect": "Allow", "Action": "*"}, "Statement[0]: needs Resource or NotResource, one of them"),
    (statement(Action=[]), "Statement[0].Action: must not be an empty list"),
    (statement(Action="PutRecord"), "Statement[0].Action: 'PutRecord' is no action"),
    (statement(Action="kin*:PutRecord"), "Statement[0].Action: 'kin*:PutRecord' is no action"),
    (statement(Action=[PUT := "kinesis:PutRecord", 7]), "Statement[0].Action: must be text, not a number"),
    (statement(Resource="orders"), "Statement[0].Resource: 'orders' is no resource"),
    (statement(Resource="arn:aws:*:::x"), "Statement[0].Resource: 'arn:aws:*:::x' is no resource"),
    (
        statement(Resource="arn:aws:kinesis:*:${aws:PrincipalAccount}:stream/x"),
        "Statement[0].Resource: a policy variable can stand only after the fifth colon of an ARN",
    ),
    (
        statement(Resource="arn:aws:s3:::b/${nothing}"),
        "Statement[0].Resource: ${nothing} is no policy variable",
    ),
    (
        statement(Resource="arn:aws:s3:::b/${aws:username"),
        "Statement[0].Resource: a policy variable that begins",
    ),
    (statement(Sid="with space"), "Statement[0].Sid: 'with space' may hold letters and digits only"),
    (statement(Actions=PUT), "Statement[0]: 'Actions' is none of Sid, Effect, Principal"),
    (
        statement(Condition={"StringEqual": {"a:b": "c"}}),
        "Statement[0].Condition.StringEqual: 'StringEqual' is no",
    ),
    (statement(Condition={"StringEqual": {"a:b": "c"}}), "did you mean StringEquals?"),
    (statement(Condition={"NullIfExists": {"a:b": "true"}}), "IfExists can't be added to Null"),
    (statement(Condition={"ForSome:Bool": {"a:b": "true"}}), "only ForAllValues: or ForAnyValue:"),
    (
        statement(Condition={"StringEquals": {"SourceIp": "x"}}),
        "Statement[0].Condition.StringEquals: 'SourceIp' is no condition key",
    ),
    (
        statement(Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/33"}}),
        "Statement[0].Condition.IpAddress.aws:SourceIp: '203.0.113.0/33' is not an IP address or a range",
    ),
    (statement(Condition={"Bool": {"aws:SecureTransport": "yes"}}), '\'yes\' is neither "true" nor "false"'),
    (statement(Condition={"NumericLessThan": {"a:b": "many"}}), "'many' is not a number"),
    (
        statement(Condition={"NumericLessThan": {"a:b": "${aws:EpochTime}"}}),
        "'${aws:EpochTime}' is not a number",
    ),
    (statement(Condition={"DateLessThan": {"aws:CurrentTime": "2026"}}), "'2026' is not a date"),
    (statement(Condition={"DateLessThan": {"aws:CurrentTime": "2026-02-30"}}), "'2026-02-30' is not a date"),
    (statement(Condition={"ArnLike": {"aws:PrincipalArn": "*"}}), "'*' is not an ARN"),
    (statement(Condition={"StringEquals": {"a:b": []}}), "must not be an empty list"),
    (statement(Condition={"StringEquals": {"a:b": None}}), "must be text, not null"),
    (
        statement(Condition={"StringEquals": "a:b"}),
        "Condition.StringEquals: must be a JSON object, not 'a:b'",
    ),
]


@pytest.mark.parametrize(("wrong", "says"), WRONG_STATEMENTS)
def test_says_what_is_wrong_with_a_statement_and_where(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(PolicyError) as refused:
        parse_policy(document(wrong), Layer.IDENTITY)
    assert says in str(refused.value)


def test_numbers_the_statements_from_zero() -> None:
    with pytest.raises(PolicyError) as refused:
        parse_policy(document(statement(), statement("Maybe")), Layer.IDENTITY)
    assert refused.value.place == "Statement[1].Effect"


@pytest.mark.parametrize(
    ("principal", "says"),
    [
        ("maria", "'maria' is no principal"),
        ({}, "names nobody"),
        ({"User": "x"}, "'User' is none of AWS, Service, Federated, CanonicalUser"),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:user/*"}, "is no principal"),
        ({"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/reader"}, "is no principal"),
        ({"AWS": "11112222333"}, "is no principal"),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:group/team"}, "is no principal"),
    ],
)
def test_says_what_is_wrong_with_a_principal(principal: Any, says: str) -> None:
    with pytest.raises(PolicyError, match="Principal") as refused:
        policy(statement(Principal=principal), layer=Layer.RESOURCE)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        {"AWS": "*"},
        {"AWS": ACCOUNT},
        {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        {"AWS": [f"arn:aws:iam::{ACCOUNT}:user/team/maria", f"arn:aws:iam::{ACCOUNT}:role/reader"]},
        {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/night-run"},
        {"Service": "firehose.amazonaws.com", "AWS": ACCOUNT},
    ],
)
def test_takes_every_form_of_principal(principal: Any) -> None:
    assert policy(statement(Principal=principal), layer=Layer.RESOURCE)


def test_not_principal_stands_with_deny_only() -> None:
    with pytest.raises(PolicyError, match="with Deny only"):
        policy(statement("Allow", NotPrincipal={"AWS": ACCOUNT}), layer=Layer.RESOURCE)
    assert policy(statement("Deny", NotPrincipal={"AWS": ACCOUNT}), layer=Layer.RESOURCE)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not JSON"),
        ("[]", "must be a JSON object, not a list"),
        ("{}", "a policy needs a Statement"),
        ('{"Statement": []}', "Statement: must hold at least one statement"),
        ('{"Version": "2012-10-18", "Statement": []}', "Version: must be 2008-10-17 or 2012-10-17"),
        ('{"Statement": [], "Statement": []}', "the key 'Statement' stands twice in one object"),
        ('{"Statement": [NaN]}', "not JSON: NaN"),
        ('{"Id": "x", "Statement": []}', "Id: can't stand in a policy of this kind (identity-based policy)"),
        ("[" * 100_000, "nested too deeply"),
        ('{"Statement": ' + "9" * 5_000 + "}", "not JSON"),
    ],
)
def test_says_what_is_wrong_with_a_document(text: str, says: str) -> None:
    with pytest.raises(PolicyError) as refused:
        parse_policy(text, Layer.IDENTITY)
    assert says in str(refused.value)


def test_two_statements_of_an_identity_policy_have_different_sids() -> None:
    with pytest.raises(PolicyError) as refused:
        policy(statement(Sid="One"), statement(Sid="One"))
    assert refused.value.place == "Statement[0].Sid"
    assert policy(statement(Sid="One"), statement(Sid="Two"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
SOME = st.sampled_from(
    [
        "*",
        "Allow",
        "Deny",
        PUT,
        STREAM,
        ACCOUNT,
        "${aws:username}",
        "${",
        "arn:aws:s3:::b/${*}",
        "true",
        "1",
        "",
        ":",
    ]
)
OPERATORS = st.sampled_from(
    [
        "StringEquals",
        "ForAnyValue:ArnLike",
        "NumericLessThan",
        "DateEquals",
        "Bool",
        "IpAddress",
        "Null",
        "BinaryEquals",
    ]
)
CONDITIONS = st.dictionaries(
    OPERATORS | st.text(max_size=4),
    st.dictionaries(st.sampled_from(["aws:SourceIp", "aws:TagKeys", ""]), SOME | JSON, max_size=2) | JSON,
    max_size=2,
)
NEARLY_STATEMENTS = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]) | JSON},
    optional={
        "Sid": SOME | JSON,
        "Principal": SOME
        | st.dictionaries(st.sampled_from(["AWS", "Service"]), SOME | JSON, max_size=2)
        | JSON,
        "NotPrincipal": SOME | JSON,
        "Action": SOME | st.lists(SOME) | JSON,
        "NotAction": SOME | JSON,
        "Resource": SOME | st.lists(SOME) | JSON,
        "NotResource": SOME | JSON,
        "Condition": CONDITIONS | JSON,
        "Else": JSON,
    },
)
NEARLY_POLICIES = st.fixed_dictionaries(
    {"Statement": st.lists(NEARLY_STATEMENTS | JSON, max_size=3) | NEARLY_STATEMENTS | JSON},
    optional={"Version": st.sampled_from(["2012-10-17", "2008-10-17"]) | JSON, "Id": SOME | JSON},
)
LAYERS = st.sampled_from(Layer)


def outcome(text: str | dict[str, Any], layer: Layer) -> Policy | PolicyError:
    """A policy or a PolicyError; anything else comes through and fails the test."""
    try:
        return parse_policy(text, layer)
    except PolicyError as error:
        return error


@given(NEARLY_POLICIES | st.dictionaries(st.text(max_size=5), JSON, max_size=3), LAYERS)
def test_every_object_is_a_policy_or_a_policy_error(raw: dict[str, Any], layer: Layer) -> None:
    outcome(raw, layer)
    outcome(json.dumps(raw), layer)


@given(st.text() | st.from_regex(r'\{"Statement": ?\[\{"Effect": "Allow".{0,20}'), LAYERS)
def test_every_text_is_a_policy_or_a_policy_error(text: str, layer: Layer) -> None:
    outcome(text, layer)


def test_the_generated_documents_reach_both_outcomes() -> None:
    """Positive control of the two tests above: what they throw away is neither always nor never a policy."""
    assert isinstance(outcome(document(statement()), Layer.IDENTITY), Policy)
    assert isinstance(outcome(document(statement("Maybe")), Layer.IDENTITY), PolicyError)
