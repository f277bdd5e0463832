"""Who calls: from the access key to the user, role session or root, with the policies that it has.

Sources, IAM User Guide: "Policies and permissions in IAM" (access_policies.html), "Temporary security
credentials" (id_credentials_temp.html), "AWS global condition context keys" (aws:userid).
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from localstack.aws.accounts import get_account_id_from_access_key_id
from localstack.aws.api import RequestContext
from localstack.utils.aws.request_context import extract_access_key_id_from_auth_header

from lab.rules.policy import Caller, Layer, caller
from lab_emulator.accounts.registry import ACCOUNTS
from lab_emulator.aws_policies import read_once
from lab_emulator.iam.documents import Document, UnreadablePolicyError
from lab_emulator.iam.sessions import SESSIONS, Session

if TYPE_CHECKING:
    from moto.iam.models import IAMBackend

ANONYMOUS = "injectedaccesskey"
"""The key that LocalStack writes into a request that has none."""


class NoCredentialsError(Exception):
    """The request is not signed."""


class UnknownCredentialsError(Exception):
    """Nobody has this access key, or it is switched off, or its session token is another one."""


class ExpiredCredentialsError(Exception):
    """The session is over."""


@dataclass(frozen=True)
class Identity:
    """A caller and its permissions. `session`: GetSessionToken's credentials are marked as such."""

    caller: Caller
    user_id: str
    policies: tuple[Document, ...] = ()
    boundary: Document | None = None
    session_policies: tuple[Document, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    is_temporary_user: bool = False


def backend_of(account: str, partition: str = "aws") -> "IAMBackend":
    """Where LocalStack keeps an account's users, groups, roles and policies; loaded when first asked for."""
    from moto.iam.models import iam_backends

    read_once()
    return iam_backends[account][partition]


def forget_entities(account: str, partition: str = "aws") -> None:
    """Take away every user, group, role and policy of an account; AWS's managed policies stay."""
    if "moto.iam.models" not in sys.modules:
        return
    from moto.iam.models import iam_backends

    if account not in iam_backends:
        return
    backend = backend_of(account, partition)
    for entities in (
        backend.users,
        backend.groups,
        backend.roles,
        backend.access_keys,
        backend.instance_profiles,
        backend.inline_policies,
    ):
        entities.clear()
    aws_own = {policy.arn: policy for policy in backend.aws_managed_policies}
    for policy in aws_own.values():
        policy.attachment_count = 0
    backend.managed_policies = aws_own
    backend.account_aliases = []
    backend.tagger = type(backend.tagger)()


def access_key(context: RequestContext) -> str:
    """The key that signed the request, in its header or, presigned, in its address; else ANONYMOUS."""
    key = extract_access_key_id_from_auth_header(context.request.headers) or ANONYMOUS
    if key != ANONYMOUS:
        return key
    arguments = context.request.args
    return arguments.get("X-Amz-Credential", "").partition("/")[0] or arguments.get(
        "AWSAccessKeyId", ANONYMOUS
    )


def account_of(context: RequestContext) -> str:
    """The account of that key. LocalStack's own answer leaves presigned addresses out."""
    return get_account_id_from_access_key_id(access_key(context))


def identity_of(context: RequestContext) -> Identity:
    """Who makes the call.

    Raises NoCredentialsError, UnknownCredentialsError, ExpiredCredentialsError, UnreadablePolicyError.
    """
    key = access_key(context)
    if key == ANONYMOUS:
        raise NoCredentialsError
    if len(key) == 12 and key.isascii() and key.isdecimal():
        return _root(key, str(context.partition))
    if session := SESSIONS.get(key):
        _check(session, context)
        return _of_session(session)
    backend = backend_of(account_of(context), context.partition)
    user = backend.get_user_from_access_key_id(key)
    if user is None or user.get_access_key_by_id(key).status != "Active":
        raise UnknownCredentialsError
    return _of_user(backend, user)


@lru_cache(4096)
def _root(account: str, partition: str) -> Identity:
    return Identity(caller(f"arn:{partition}:iam::{account}:root"), account)


def _check(session: Session, context: RequestContext) -> None:
    header, argument = context.request.headers, context.request.args
    token = header.get("X-Amz-Security-Token") or argument.get("X-Amz-Security-Token")
    if token != session.token:
        raise UnknownCredentialsError
    if ACCOUNTS[session.account].now_ms() >= session.ends_ms:
        raise ExpiredCredentialsError


def _of_user(backend: "IAMBackend", user: Any) -> Identity:
    policies = list(_attached(user, f"of user {user.name}"))
    for group in backend.get_groups_for_user(user.name):
        policies += _attached(group, f"of group {group.name}")
    boundary = _boundary(backend, getattr(user, "permissions_boundary", None))
    tags = {tag["Key"]: tag["Value"] for tag in user.tags or ()}
    return Identity(caller(user.arn), user.id, tuple(policies), boundary, tags=tags)


def _of_session(session: Session) -> Identity:
    who = session.arn
    if session.behind.endswith(":root"):
        return Identity(caller(who), session.user_id, session_policies=session.policies, tags=session.tags)
    backend = backend_of(session.account, session.arn.split(":")[1])
    if ":role/" in session.behind:
        return _of_role_session(backend, session)
    user = _found(backend.users, session.behind)
    if user is None:
        raise UnknownCredentialsError
    own = _of_user(backend, user)
    if who == session.behind:
        return Identity(
            own.caller, own.user_id, own.policies, own.boundary, tags=own.tags, is_temporary_user=True
        )
    federated = caller(who)
    return Identity(
        federated, session.user_id, own.policies, own.boundary, session.policies, dict(session.tags)
    )


def _of_role_session(backend: "IAMBackend", session: Session) -> Identity:
    who = caller(session.arn, session.behind)
    role = _found(backend.roles, session.behind)
    if role is None:  # deleted since, or never made: nothing is allowed any more
        return Identity(who, session.user_id, session_policies=session.policies, tags=session.tags)
    tags = tags_of_role(role) | dict(session.tags)
    policies = tuple(_attached(role, f"of role {role.name}"))
    boundary = _boundary(backend, role.permissions_boundary_arn)
    return Identity(who, session.user_id, policies, boundary, session.policies, tags)


def role_of(arn: str) -> Any:
    """moto's role of an ARN; None when there is none, and so when nobody has used IAM yet."""
    if "moto.iam.models" not in sys.modules:
        return None
    parts = arn.split(":")
    return _found(backend_of(parts[4], parts[1]).roles, arn)


def policies_of_role(arn: str) -> tuple[tuple[Document, ...], Document | None]:
    """The policies of an existing role, and its boundary. Raises UnreadablePolicyError."""
    role, parts = role_of(arn), arn.split(":")
    boundary = _boundary(backend_of(parts[4], parts[1]), role.permissions_boundary_arn)
    return tuple(_attached(role, f"of role {role.name}")), boundary


def tags_of_role(role: Any) -> dict[str, str]:
    """moto keeps them as a list, or by key."""
    tags = role.tags.values() if isinstance(role.tags, Mapping) else role.tags or ()
    return {tag["Key"]: tag["Value"] for tag in tags}


def _found(entities: Mapping[str, Any], arn: str) -> Any:
    return next((entity for entity in list(entities.values()) if entity.arn == arn), None)


def _attached(entity: Any, whose: str) -> Iterator[Document]:
    """The inline and the managed policies of a user, group or role."""
    for name, text in list(entity.policies.items()):
        yield Document(Layer.IDENTITY, f"{name} {whose}", text)
    for policy in list(entity.managed_policies.values()):
        yield _managed(policy, Layer.IDENTITY)


def _managed(policy: Any, layer: Layer) -> Document:
    version = next(one for one in policy.versions if one.version_id == policy.default_version_id)
    return Document(layer, policy.arn, version.document)


def managed_document(backend: "IAMBackend", arn: str, layer: Layer) -> Document:
    """A managed policy by its ARN. Raises UnreadablePolicyError when there is none."""
    policy = backend.managed_policies.get(arn)
    if policy is None:
        raise UnreadablePolicyError(f"the {layer.value} {arn}: there is no such policy")
    return _managed(policy, layer)


def _boundary(backend: "IAMBackend", arn: str | None) -> Document | None:
    return managed_document(backend, arn, Layer.BOUNDARY) if arn else None
