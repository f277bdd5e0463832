"""What a service may do with the role that it was given: Lambda reads a stream, and runs code, as a role.

Sources: IAM User Guide, "Create a role to delegate permissions to an AWS service"; Lambda guide, "Defining
Lambda function permissions with an execution role".
"""

import json
from typing import Final

from lab.rules.policy import Layer, Request, caller, decide
from lab_emulator.accounts.registry import ACCOUNTS
from lab_emulator.iam.call import account_in
from lab_emulator.iam.documents import Document, UnreadablePolicyError, read
from lab_emulator.iam.identities import backend_of, policies_of_role, role_of
from lab_emulator.iam.sessions import SESSIONS, Session

SESSION: Final = "lambda"
NO_END: Final = 2**53


def credentials_for(role: str, account: str) -> dict[str, str]:
    """Variables with which a program calls AWS as ROLE (an ARN).

    A role that doesn't exist is the account itself while the account's IAM is off, and nobody when it is on.
    """
    found, partition = role_of(role), role.split(":")[1]
    if found is None and not ACCOUNTS[account].iam:
        return {"AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": "the-lab-asks-for-no-secret"}
    from moto.sts.utils import random_session_token

    key = backend_of(account, partition).create_temp_access_key()
    if found is None:  # a key that stands for nobody
        return {"AWS_ACCESS_KEY_ID": key.access_key_id, "AWS_SECRET_ACCESS_KEY": key.secret_access_key}
    arn = f"arn:{partition}:sts::{account}:assumed-role/{found.name}/{SESSION}"
    session = Session(
        key=key.access_key_id,
        token=random_session_token(),
        account=account,
        arn=arn,
        user_id=f"{found.id}:{SESSION}",
        behind=role,
        ends_ms=NO_END,
        policies=(),
        tags={},
    )
    SESSIONS.add(session)
    return {
        "AWS_ACCESS_KEY_ID": session.key,
        "AWS_SECRET_ACCESS_KEY": key.secret_access_key,
        "AWS_SESSION_TOKEN": session.token,
    }


def may(role: str, action: str, resource: str, resource_policy: str | None = None) -> bool:
    """Whether ROLE may do ACTION on RESOURCE (ARNs); always while IAM is off in the role's account."""
    account = account_in(role)
    if not ACCOUNTS[account].iam:
        return True
    found = role_of(role)
    if found is None:
        return False
    partition = role.split(":")[1]
    who = caller(f"arn:{partition}:sts::{account}:assumed-role/{found.name}/{SESSION}", role)
    shared = Document(Layer.RESOURCE, "of the stream", resource_policy, resource) if resource_policy else None
    try:
        policies, boundary = policies_of_role(role)
        decision = decide(
            Request(who, action, resource),
            [read(document) for document in policies],
            read(boundary) if boundary else None,
            read(shared) if shared else None,
            same_account=account_in(resource) == account,
        )
    except UnreadablePolicyError:
        return False
    return decision.allowed


def is_for_service(role: str, service: str) -> bool:
    """Whether ROLE's trust policy lets SERVICE take it; always while IAM is off in the role's account."""
    if not ACCOUNTS[account_in(role)].iam:
        return True
    found = role_of(role)
    if found is None:
        return False
    trusted = json.loads(found.assume_role_policy_document)
    statements = trusted.get("Statement") or []
    for one in statements if isinstance(statements, list) else [statements]:
        principal = one.get("Principal")
        services = principal.get("Service") if isinstance(principal, dict) else None
        if one.get("Effect") == "Allow" and service in (
            [services] if isinstance(services, str) else services or ()
        ):
            return True
    return False
