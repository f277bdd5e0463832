"""Another account's streams, which only their policies let anybody reach, whether or not IAM is on.

Source: Kinesis Data Streams Developer Guide, "Controlling access to Amazon Kinesis Data Streams resources
using IAM", its part on sharing streams.
"""

from typing import Any, Final

from localstack.aws.api import RequestContext

from lab.rules.policy import Layer, caller
from lab_emulator.iam.call import account_in
from lab_emulator.iam.documents import Document, UnreadablePolicyError
from lab_emulator.iam.identities import (
    ExpiredCredentialsError,
    Identity,
    NoCredentialsError,
    UnknownCredentialsError,
    account_of,
    identity_of,
)
from lab_emulator.kinesis.streams import NAMING, SEAL

_EVERYTHING: Final = Document(
    Layer.IDENTITY,
    "of everybody while IAM is off",
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}',
)


def account_behind(name: str, value: Any) -> str:
    """The account that an iterator or page token of Kinesis belongs to; "" for what is none of this lab's."""
    try:
        if name == "ShardIterator":
            return SEAL.position(str(value)).account
        return account_in(str(SEAL.content(str(value)).get("arn", "")))
    except ValueError:
        return ""


def reaches_out(context: RequestContext) -> bool:
    """Whether a Kinesis call names a resource of an account that is not the caller's."""
    if context.service is None or context.service.service_name != "kinesis":
        return False
    parameters = context.service_request or {}
    accounts = {account_in(str(parameters[name])) for name in NAMING if parameters.get(name)}
    accounts |= {
        account_behind(name, parameters[name])
        for name in ("ShardIterator", "NextToken")
        if parameters.get(name)
    }
    return bool(accounts - {"", account_of(context)})


def anybody(context: RequestContext) -> Identity:
    """Who calls while IAM is off: allowed everything in their own account.

    Raises UnreadablePolicyError. A key that nobody has is the root user's, as LocalStack takes it.
    """
    try:
        found = identity_of(context)
    except (NoCredentialsError, UnknownCredentialsError, ExpiredCredentialsError, UnreadablePolicyError):
        account = account_of(context)
        return Identity(caller(f"arn:{context.partition}:iam::{account}:root"), account)
    return Identity(found.caller, found.user_id, (_EVERYTHING,), tags=found.tags)
