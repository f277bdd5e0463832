"""A VPC endpoint that an account's calls go through, as a task sets it: its policy, and what it tells.

Control switch `endpoint_policy`: {"service": "kinesis", "policy": {...} or null, "context": {...}}. The
lab has no VPC, so the context's values are simulated: aws:SourceVpce and aws:SourceVpc for calls through the
endpoint, aws:SourceIp for calls that don't use one.
Source: Kinesis Data Streams Developer Guide, "Using Kinesis Data Streams with interface VPC endpoints"; IAM
User Guide, "AWS global condition context keys".
"""

import json
from dataclasses import dataclass, field
from typing import Any, Final

from lab.rules.policy import Layer, parse_policy
from lab.rules.policy.operators import COMPARISONS
from lab_emulator.accounts.registry import Account
from lab_emulator.iam.documents import Document

OF_ENDPOINT: Final = ("aws:SourceVpce", "aws:SourceVpc")
SIMULATED: Final = (*OF_ENDPOINT, "aws:SourceIp", "aws:SecureTransport")


@dataclass(frozen=True)
class Endpoint:
    """How an account's calls to `service` come in."""

    service: str = "kinesis"
    policy: Document | None = None
    context: dict[str, str] = field(default_factory=dict)

    @property
    def is_used(self) -> bool:
        """Whether the calls go through an endpoint."""
        return self.policy is not None or any(key in self.context for key in OF_ENDPOINT)

    def told(self) -> dict[str, Any]:
        policy = json.loads(self.policy.text) if self.policy else None
        return {"service": self.service, "policy": policy, "context": self.context}


DIRECT: Final = Endpoint()
_ENDPOINTS: dict[str, Endpoint] = {}


def endpoint_of(account_id: str) -> Endpoint:
    return _ENDPOINTS.get(account_id, DIRECT)


def forget(account_id: str) -> None:
    _ENDPOINTS.pop(account_id, None)


def show(account: Account) -> dict[str, Any]:
    return endpoint_of(account.id).told()


def set_endpoint(account: Account, body: dict[str, Any]) -> None:
    """Raises ValueError (a PolicyError is one) for what is no endpoint."""
    unknown = sorted(body.keys() - {"service", "policy", "context"})
    if unknown:
        raise ValueError(f"there is no {', '.join(unknown)}; there is: service, policy, context")
    service, policy = body.get("service", "kinesis"), body.get("policy")
    context = body.get("context") or {}
    if service not in ("kinesis", "firehose", "kms", "monitoring", "dynamodb", "s3", "sts"):
        raise ValueError(f"{service!r} is no service of the lab that has interface endpoints")
    if policy is not None and not isinstance(policy, dict):
        raise ValueError("policy is a policy document, as a JSON object, or null")
    made = Endpoint(service, _read(policy), _context(context))
    if made.is_used and "aws:SourceIp" in context:
        raise ValueError("a call that comes through a VPC endpoint has no aws:SourceIp: leave it out")
    _ENDPOINTS[account.id] = made


def _read(policy: dict[str, Any] | None) -> Document | None:
    if policy is None:
        return None
    parse_policy(policy, Layer.ENDPOINT, "the endpoint's")
    return Document(Layer.ENDPOINT, "of the account's endpoint", json.dumps(policy))


def _context(context: Any) -> dict[str, str]:
    if not isinstance(context, dict):
        raise ValueError("context is an object of condition keys and their values")
    for key, value in context.items():
        if key not in SIMULATED:
            raise ValueError(f"context can hold {', '.join(SIMULATED)}, not {key}")
        if not isinstance(value, str):
            raise ValueError(f"{key} is a text, not {value!r}")
        operator = {"aws:SourceIp": "IpAddress", "aws:SecureTransport": "Bool"}.get(key)
        if operator:
            try:
                COMPARISONS[operator].check(value)
            except ValueError as error:
                raise ValueError(f"{key}: {error}") from None
    return dict(context)
