"""Resource policies of streams and consumers: PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy."""

from typing import Any

from lab.rules.policy import PolicyError
from lab.rules.policy.kinesis_sharing import parse_sharing_policy
from lab_emulator.kinesis.store.consumers import Consumer
from lab_emulator.kinesis.store.errors import InvalidArgumentException, ResourceNotFoundException
from lab_emulator.kinesis.store.stream import Stream

Answer = dict[str, Any]


def put(resource: Stream | Consumer, text: str) -> Answer:
    """Raises InvalidArgumentException for what Kinesis does not accept as a policy."""
    try:
        parse_sharing_policy(text, str(resource.arn))
    except PolicyError as error:
        raise InvalidArgumentException(f"The resource policy is not accepted: {error}") from None
    resource.policy = text
    return {}


def get(resource: Stream | Consumer) -> Answer:
    """Raises ResourceNotFoundException for a resource without a policy."""
    if resource.policy is None:
        raise _none(resource)
    return {"Policy": resource.policy}


def delete(resource: Stream | Consumer) -> Answer:
    """Raises ResourceNotFoundException for a resource without a policy."""
    if resource.policy is None:
        raise _none(resource)
    resource.policy = None
    return {}


def _none(resource: Stream | Consumer) -> ResourceNotFoundException:
    return ResourceNotFoundException(f"No resource policy found for resource ARN {resource.arn}")
