"""Callers, resources and short forms that the tests of the policy language share."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from lab.rules.policy import Caller, Decision, Layer, Policy, Request, caller, decide, parse_policy
from lab.rules.policy.keys import ContextValue

ACCOUNT = "111122223333"
OTHER_ACCOUNT = "444455556666"
STREAM = f"arn:aws:kinesis:eu-central-1:{ACCOUNT}:stream/orders"
OTHER_STREAM = f"arn:aws:kinesis:eu-central-1:{ACCOUNT}:stream/invoices"
CONSUMER = f"{STREAM}/consumer/billing:1763600000"
KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"

ROOT = caller(f"arn:aws:iam::{ACCOUNT}:root")
USER = caller(f"arn:aws:iam::{ACCOUNT}:user/team/maria")
ROLE = caller(f"arn:aws:iam::{ACCOUNT}:role/reader")
SESSION = caller(f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/night-run")
FEDERATED = caller(f"arn:aws:sts::{ACCOUNT}:federated-user/bob")
STRANGER = caller(f"arn:aws:iam::{OTHER_ACCOUNT}:user/carlos")

PUT = "kinesis:PutRecord"


def statement(effect: str = "Allow", **elements: Any) -> dict[str, Any]:
    """A statement about PutRecord on everything, unless ELEMENTS say otherwise."""
    made: dict[str, Any] = {"Effect": effect}
    made |= {} if "NotAction" in elements else {"Action": PUT}
    made |= {} if "NotResource" in elements else {"Resource": "*"}
    return made | elements


def document(*statements: Mapping[str, Any], version: str = "2012-10-17") -> str:
    return json.dumps({"Version": version, "Statement": list(statements)})


def policy(
    *statements: Mapping[str, Any], layer: Layer = Layer.IDENTITY, version: str = "2012-10-17"
) -> Policy:
    return parse_policy(document(*statements, version=version), layer, "under-test")


def shared(*statements: Mapping[str, Any]) -> Policy:
    return policy(*statements, layer=Layer.RESOURCE)


def asking(
    who: Caller = USER,
    action: str = PUT,
    resource: str = STREAM,
    context: Mapping[str, ContextValue] | None = None,
) -> Request:
    return Request(who, action, resource, context or {})


def decided(
    request: Request, *identity: Policy, same_account: bool = True, **others: Any
) -> tuple[str, Layer | None]:
    """Kind and layer of the decision."""
    decision = decide(request, identity, same_account=same_account, **others)
    return decision.kind, decision.layer


def with_condition(
    condition: Mapping[str, Mapping[str, Any]],
    context: Mapping[str, ContextValue],
    who: Caller = USER,
    version: str = "2012-10-17",
) -> Decision:
    """The decision on a request that one statement allows under this condition."""
    allowing = policy(statement(Condition=condition), version=version)
    return decide(asking(who, context=context), [allowing], same_account=True)


def one_or_list(values: Sequence[str]) -> str | list[str]:
    """A single value bare, several as a list, as policies are written."""
    return values[0] if len(values) == 1 else list(values)
