"""LocalStack's STS, with credentials that are remembered: whose they are, until when, and what narrows them.

moto gives everybody the same GetSessionToken and GetFederationToken credentials and forgets session policies.
Source: IAM User Guide, "Temporary security credentials"; API model of STS.
"""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.services.plugins import Service, aws_provider
from localstack.utils.aws.request_context import extract_access_key_id_from_auth_header

from lab.rules.policy import Layer
from lab_emulator.accounts.registry import ACCOUNTS
from lab_emulator.aws_policies import read_once
from lab_emulator.iam.documents import Document, UnreadablePolicyError, read
from lab_emulator.iam.identities import (
    ExpiredCredentialsError,
    NoCredentialsError,
    UnknownCredentialsError,
    backend_of,
    identity_of,
    managed_document,
)
from lab_emulator.iam.refusals import expired, not_signed, unknown
from lab_emulator.iam.sessions import SESSIONS, Session

ROLE_SECONDS: Final = 3_600
USER_SECONDS: Final = 43_200
"""Default durations: API model, DurationSeconds."""

Tags = list[dict[str, str]]

if TYPE_CHECKING:
    from localstack.services.sts.provider import StsProvider
else:
    StsProvider = object
    """LocalStack's is loaded when it is first called: `lab`."""


class Remembering(StsProvider):
    """AssumeRole, GetSessionToken, GetFederationToken and GetCallerIdentity, before LocalStack's own."""

    def get_caller_identity(self, context: RequestContext, **kwargs: Any) -> Any:
        session = SESSIONS.get(extract_access_key_id_from_auth_header(context.request.headers) or "")
        if session is None:
            return super().get_caller_identity(context, **kwargs)
        return {"UserId": session.user_id, "Account": session.account, "Arn": session.arn}

    def assume_role(
        self, context: RequestContext, role_arn: str, role_session_name: str, **kwargs: Any
    ) -> Any:
        from localstack.services.sts.models import sts_stores

        account = _account_of(role_arn, context)
        policies = _session_policies(account, kwargs.get("policy"), kwargs.get("policy_arns"))
        answer = super().assume_role(context, role_arn, role_session_name, **kwargs)
        credentials, user = answer["Credentials"], answer["AssumedRoleUser"]
        given = sts_stores[account]["us-east-1"].sessions.get(credentials["AccessKeyId"])
        tags = {tag["Key"]: tag["Value"] for tag in given["tags"].values()} if given else {}
        session = Session(
            key=credentials["AccessKeyId"],
            token=credentials["SessionToken"],
            account=account,
            arn=user["Arn"],
            user_id=user["AssumedRoleId"],
            behind=role_arn,
            ends_ms=_end(account, kwargs.get("duration_seconds") or ROLE_SECONDS),
            policies=policies,
            tags=tags,
        )
        SESSIONS.add(session)
        return answer | {"Credentials": credentials | {"Expiration": _moment(session)}}

    def get_session_token(
        self, context: RequestContext, duration_seconds: int | None = None, **_kwargs: Any
    ) -> Any:
        who = _caller(context)
        session = _new_session(context, who.caller.arn, who.user_id, duration_seconds)
        return {"Credentials": _credentials(context, session)}

    def get_federation_token(
        self,
        context: RequestContext,
        name: str,
        policy: str | None = None,
        policy_arns: list[dict[str, str]] | None = None,
        duration_seconds: int | None = None,
        tags: Tags | None = None,
        **_kwargs: Any,
    ) -> Any:
        who = _caller(context)
        account = context.account_id
        arn = f"arn:{context.partition}:sts::{account}:federated-user/{name}"
        user_id = f"{account}:{name}"
        session = _new_session(
            context,
            arn,
            user_id,
            duration_seconds,
            behind=who.caller.arn,
            policies=_session_policies(account, policy, policy_arns),
            tags={tag["Key"]: tag["Value"] for tag in tags or ()},
        )
        user = {"FederatedUserId": user_id, "Arn": arn}
        return {"Credentials": _credentials(context, session), "FederatedUser": user, "PackedPolicySize": 6}


def _account_of(role_arn: str, context: RequestContext) -> str:
    parts = role_arn.split(":")
    return parts[4] if len(parts) > 4 and parts[4] else str(context.account_id)


def _caller(context: RequestContext) -> Any:
    try:
        return identity_of(context)
    except NoCredentialsError:
        raise not_signed(context) from None
    except UnknownCredentialsError:
        raise unknown(context) from None
    except ExpiredCredentialsError:
        raise expired(context) from None
    except UnreadablePolicyError as error:
        raise CommonServiceException("MalformedPolicyDocument", f"The lab can't read {error}", 400) from None


def _session_policies(
    account: str, policy: str | None, arns: list[dict[str, str]] | None
) -> tuple[Document, ...]:
    """Raises MalformedPolicyDocument for what is no policy."""
    documents = [Document(Layer.SESSION, "of the session", policy)] if policy else []
    try:
        backend = backend_of(account)
        documents += [managed_document(backend, str(one["arn"]), Layer.SESSION) for one in arns or ()]
        for document in documents:
            read(document)
    except UnreadablePolicyError as error:
        raise CommonServiceException("MalformedPolicyDocument", str(error), 400, sender_fault=True) from None
    return tuple(documents)


def _end(account: str, seconds: int) -> int:
    return ACCOUNTS[account].now_ms() + seconds * 1000


def _moment(session: Session) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=session.ends_ms)


def _new_session(
    context: RequestContext,
    arn: str,
    user_id: str,
    seconds: int | None,
    *,
    behind: str = "",
    policies: tuple[Document, ...] = (),
    tags: dict[str, str] | None = None,
) -> Session:
    from moto.sts.utils import random_session_token

    account = str(context.account_id)
    key = backend_of(account, context.partition).create_temp_access_key()
    session = Session(
        key=key.access_key_id,
        token=random_session_token(),
        account=account,
        arn=arn,
        user_id=user_id,
        behind=behind or arn,
        ends_ms=_end(account, seconds or USER_SECONDS),
        policies=policies,
        tags=tags or {},
    )
    SESSIONS.add(session)
    return session


def _credentials(context: RequestContext, session: Session) -> dict[str, Any]:
    key = backend_of(session.account, context.partition).access_keys[session.key]
    return {
        "AccessKeyId": session.key,
        "SecretAccessKey": key.secret_access_key,
        "SessionToken": session.token,
        "Expiration": _moment(session),
    }


@aws_provider(api="sts", name="lab")
def lab() -> Service:
    from localstack.services.moto import MotoFallbackDispatcher
    from localstack.services.sts.provider import StsProvider

    class LabStsProvider(Remembering, StsProvider):
        pass

    read_once()
    return Service.for_provider(LabStsProvider(), dispatch_table_factory=MotoFallbackDispatcher)
