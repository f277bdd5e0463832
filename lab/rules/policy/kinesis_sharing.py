"""What Kinesis accepts as a resource-based policy of a stream or a consumer.

Source: Kinesis Data Streams Developer Guide, "Controlling access to Amazon Kinesis Data Streams resources
using IAM" (controlling-access.html), its part on sharing streams; DescribeStream is named by "Share access
using resource-based policies" (resource-based-policy-examples.html) for Lambda in another account.
"""

import re
from collections.abc import Iterator
from typing import Final

from lab.rules.policy.document import Layer, Policy, Statement
from lab.rules.policy.errors import PolicyError
from lab.rules.policy.parsing import parse_policy

LARGEST_RESOURCE_POLICY_BYTES: Final = 20 * 1024
SHAREABLE_STREAM_ACTIONS: Final = (
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
    "kinesis:PutRecord",
    "kinesis:PutRecords",
)
SHAREABLE_CONSUMER_ACTIONS: Final = ("kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard")

_STREAM: Final = re.compile(r"arn:[a-z-]+:kinesis:[a-z0-9-]+:\d{12}:stream/[A-Za-z0-9_.-]+", re.ASCII)
_CONSUMER: Final = re.compile(_STREAM.pattern + r"/consumer/[A-Za-z0-9_.-]+:\d+", re.ASCII)


def parse_sharing_policy(document: str, resource_arn: str) -> Policy:
    """The policy that PutResourcePolicy would attach to the stream or consumer with this ARN.

    Raises PolicyError for the first thing that Kinesis doesn't accept.
    """
    size = len(document.encode(errors="surrogatepass"))
    if size > LARGEST_RESOURCE_POLICY_BYTES:
        raise PolicyError("", f"{size} bytes; a resource policy has at most {LARGEST_RESOURCE_POLICY_BYTES}")
    policy = parse_policy(document, Layer.RESOURCE, resource_arn)
    for problem in sharing_problems(policy, resource_arn):
        raise problem
    return policy


def sharing_problems(policy: Policy, resource_arn: str) -> Iterator[PolicyError]:
    """Everything in the policy that Kinesis doesn't accept on this stream or consumer."""
    if _CONSUMER.fullmatch(resource_arn):
        shareable: tuple[str, ...] = SHAREABLE_CONSUMER_ACTIONS
    elif _STREAM.fullmatch(resource_arn):
        shareable = SHAREABLE_STREAM_ACTIONS
    else:
        yield PolicyError("", f"{resource_arn!r} is not the ARN of a stream or a consumer")
        return
    for statement in policy.statements:
        place = f"Statement[{statement.index}]"
        yield from _principal_problems(statement, place)
        yield from _action_problems(statement, place, shareable)
        yield from _resource_problems(statement, place, resource_arn)


def _principal_problems(statement: Statement, place: str) -> Iterator[PolicyError]:
    principals = statement.principals
    if principals is None:
        return
    for kind, value in principals.others:
        yield PolicyError(f"{place}.Principal.{kind}", f"{value!r}: only AWS principals can share a stream")
    if "*" in principals.aws:
        yield PolicyError(f"{place}.Principal", 'name the principal; "*" is not accepted')


def _action_problems(statement: Statement, place: str, shareable: tuple[str, ...]) -> Iterator[PolicyError]:
    if statement.except_actions:
        yield PolicyError(f"{place}.NotAction", "list the shared actions under Action")
        return
    known = {action.lower() for action in shareable}
    for action in statement.actions:
        if set("*?") & set(action):
            yield PolicyError(f"{place}.Action", f"{action!r}: wildcards are not accepted")
        elif action.lower() not in known:
            yield PolicyError(
                f"{place}.Action", f"{action!r} can't be shared here, only {', '.join(shareable)}"
            )


def _resource_problems(statement: Statement, place: str, resource_arn: str) -> Iterator[PolicyError]:
    if statement.except_resources:
        yield PolicyError(f"{place}.NotResource", f"must be Resource, {resource_arn}")
        return
    for template in statement.resources:
        if template.has_variables or template.text != resource_arn:
            yield PolicyError(
                f"{place}.Resource",
                f"{template.text!r} is not what the policy is attached to, {resource_arn}",
            )
