"""The handler that stands before every service, and the switches that belong to it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response
from localstack.runtime import hooks

from lab.rules.policy import Decision, Layer, Request, access_denied_message, decide
from lab.rules.policy.keys import ContextValue
from lab.rules.policy.principals import CallerKind
from lab_emulator.accounts import control
from lab_emulator.accounts.registry import ACCOUNTS
from lab_emulator.errors import sent
from lab_emulator.iam import endpoints, entities, functions, kinesis, kms, monitoring, refusals, storage
from lab_emulator.iam.call import Call, Check, RefusedError, UnmappedError, account_in, request_tags
from lab_emulator.iam.documents import Document, UnreadablePolicyError, read, read_as_one
from lab_emulator.iam.identities import (
    ANONYMOUS,
    ExpiredCredentialsError,
    Identity,
    NoCredentialsError,
    UnknownCredentialsError,
    access_key,
    account_of,
    forget_entities,
    identity_of,
)
from lab_emulator.iam.sessions import SESSIONS
from lab_emulator.iam.sharing import account_behind, anybody, reaches_out
from lab_emulator.kinesis.store.errors import Refused

MAPPINGS: Final[Mapping[str, Callable[[Call], list[Check]]]] = {
    "cloudtrail": monitoring.cloudtrail_checks,
    "cloudwatch": monitoring.cloudwatch_checks,
    "dynamodb": storage.dynamodb_checks,
    "firehose": monitoring.firehose_checks,
    "iam": entities.iam_checks,
    "kinesis": kinesis.checks,
    "kms": kms.checks,
    "lambda": functions.lambda_checks,
    "s3": storage.s3_checks,
    "sqs": functions.sqs_checks,
    "sts": entities.sts_checks,
}
_ENDPOINT_NAMES: Final = {"cloudwatch": "monitoring"}
_NETWORK: Final = ("aws:SourceIp", "aws:SourceVpc", "aws:SourceVpce", "aws:SecureTransport")


def enforce(_chain: HandlerChain, context: RequestContext, _response: Response) -> None:
    """Let the call pass, or raise what AWS would answer. Calls that LocalStack makes itself always pass."""
    if context.is_internal_call or context.operation is None:
        return
    try:
        if _concerns(context):
            _enforce(context, identity_of)
        elif reaches_out(context):
            _enforce(context, anybody)
    except Refused as refused:
        raise sent(refused.code, refused.message) from None
    except NoCredentialsError:
        raise refusals.not_signed(context) from None
    except UnknownCredentialsError:
        raise refusals.unknown(context) from None
    except ExpiredCredentialsError:
        raise refusals.expired(context) from None
    except RefusedError as refused:
        raise refusals.denied(context, str(refused)) from None


def _concerns(context: RequestContext) -> bool:
    """Whether IAM is on in the caller's account, or in one that the call reaches into."""
    accounts = set(_named_accounts(context.service_request or {})) - {""}
    if not accounts or access_key(context) != ANONYMOUS:
        accounts.add(account_of(context))
    return any(ACCOUNTS[account].iam for account in accounts)


def _named_accounts(parameters: Mapping[str, Any]) -> Iterator[str]:
    for name, value in parameters.items():
        if name == "Bucket":
            yield storage.owner_of_bucket(str(value))
        elif name == "CopySource":
            yield storage.owner_of_bucket(str(value).lstrip("/").partition("/")[0])
        elif name in ("ShardIterator", "NextToken"):
            yield account_behind(name, value)
        elif isinstance(value, str):
            yield account_in(value)


def _enforce(context: RequestContext, identify: Callable[[RequestContext], Identity]) -> None:
    try:
        identity = identify(context)
    except UnreadablePolicyError as error:
        raise refusals.denied(context, f"The lab refuses the call: it can't read {error}") from None
    call = Call(context, identity.caller)
    _check_kind_of_credentials(call, identity)
    try:
        checks = _checks(call)
    except UnmappedError as unmapped:
        raise refusals.denied(
            context,
            f"User: {identity.caller.arn} is not authorized to perform: {context.service.service_name}:"
            f"{call.operation} because the lab cannot evaluate {unmapped}",
        ) from None
    for check in checks:
        _authorize(call, identity, check)


def _checks(call: Call) -> list[Check]:
    service = str(call.context.service.service_name)
    if service not in MAPPINGS:
        raise UnmappedError(f"the service {service}")
    return MAPPINGS[service](call)


def _check_kind_of_credentials(call: Call, identity: Identity) -> None:
    """What credentials of a kind can't do, whatever policies say (IAM User Guide, "Compare AWS STS
    credentials")."""
    service, operation = call.context.service.service_name, call.operation
    kind = identity.caller.kind
    if operation in ("GetSessionToken", "GetFederationToken") and (
        identity.is_temporary_user or kind in (CallerKind.ROLE_SESSION, CallerKind.FEDERATED_USER)
    ):
        raise RefusedError(f"Cannot call {operation} with session credentials")
    if service == "iam" and (identity.is_temporary_user or kind is CallerKind.FEDERATED_USER):
        raise UnknownCredentialsError
    if operation == "AssumeRole" and kind is CallerKind.FEDERATED_USER:
        raise RefusedError("Cannot call AssumeRole with federation token credentials")


def _authorize(call: Call, identity: Identity, check: Check) -> None:
    """Raises CommonServiceException unless policies allow the action on the resource."""
    context = call.context
    try:
        decision, request = _decide(call, identity, check)
    except UnreadablePolicyError as error:
        message = (
            f"User: {identity.caller.arn} is not authorized to perform: {check.action} on resource: "
            f"{check.resource} because the lab cannot read {error}"
        )
        raise refusals.denied(context, message, check.error) from None
    if not decision.allowed:
        raise refusals.denied(context, _worded(call, check, request, decision), check.error)


def _decide(call: Call, identity: Identity, check: Check) -> tuple[Decision, Request]:
    owner = check.owner or call.account
    endpoint = endpoints.endpoint_of(call.account)
    service = str(call.context.service.service_name)
    through = endpoint.is_used and endpoint.service == _ENDPOINT_NAMES.get(service, service)
    barrier = endpoint.policy if through and not check.by_service else None
    documents = [*identity.policies, identity.boundary, check.resource_policy, barrier]
    documents += identity.session_policies
    asked = Request(
        identity.caller,
        check.action,
        check.resource,
        _context(call, identity, check) | _tags(check, [one for one in documents if one]),
        untold=_untold(endpoint, through, check),
    )
    decision = decide(
        asked,
        [read(document) for document in identity.policies],
        read(identity.boundary) if identity.boundary else None,
        read(check.resource_policy) if check.resource_policy else None,
        read(barrier) if barrier else None,
        read_as_one(identity.session_policies),
        same_account=owner == identity.caller.account,
        resource_policy_required=check.policy_required,
    )
    return decision, asked


def _context(call: Call, identity: Identity, check: Check) -> dict[str, ContextValue]:
    """The values of the condition keys."""
    now = ACCOUNTS[call.account].now()
    moment = datetime.fromtimestamp(now, UTC)
    values: dict[str, ContextValue] = {
        "aws:CurrentTime": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now)),
        "aws:RequestedRegion": call.region,
        "aws:userid": identity.user_id,
    }
    values |= {f"aws:PrincipalTag/{key}": value for key, value in identity.tags.items()}
    if not check.by_service:
        values |= _network(call)
        values |= request_tags(call)
    return values | dict(check.context)


def _network(call: Call) -> dict[str, ContextValue]:
    endpoint, request = endpoints.endpoint_of(call.account), call.context.request
    service = str(call.context.service.service_name)
    values: dict[str, ContextValue] = {
        "aws:SecureTransport": str(request.scheme == "https").lower(),
        "aws:SourceIp": str(request.remote_addr or ""),
    }
    if endpoint.is_used and endpoint.service != _ENDPOINT_NAMES.get(service, service):
        return values
    if endpoint.is_used:  # "not present … if the request comes from a host that uses a VPC endpoint"
        values.pop("aws:SourceIp")
    return values | endpoint.context


def _untold(endpoint: endpoints.Endpoint, through: bool, check: Check) -> tuple[str, ...]:
    if check.by_service:
        # Where AWS's own call comes from, nobody but AWS knows.
        return (*check.untold, *_NETWORK)
    missing = [key for key in endpoints.OF_ENDPOINT if key not in endpoint.context] if through else []
    return (*check.untold, *missing)


def _tags(check: Check, documents: list[Document]) -> dict[str, ContextValue]:
    """aws:ResourceTag/…, looked up only where a policy asks for it."""
    if check.tags is None or not any(document.mentions_resource_tags for document in documents):
        return {}
    return {f"aws:ResourceTag/{key}": value for key, value in check.tags().items()}


def _worded(call: Call, check: Check, request: Request, decision: Decision) -> str:
    message = access_denied_message(request, decision)
    if check.action == "sts:AssumeRole" and decision.layer is Layer.RESOURCE:
        # "because no role trust policy allows the sts:AssumeRole action"
        return message.replace("resource-based policy", "role trust policy")
    if check.action.startswith("s3:"):
        if check.owner and check.owner != request.caller.account:
            return "Access Denied"  # the long message is "only … within the same AWS account"
        return message.replace(f"resource: {check.resource} ", f'resource: "{check.resource}" ')
    return message


def forget(account_id: str) -> None:
    """An account is wiped."""
    SESSIONS.forget(account_id)
    endpoints.forget(account_id)
    forget_entities(account_id)


@hooks.on_infra_start()
def stand_guard() -> None:
    from localstack.aws.handlers import serve_custom_service_request_handlers

    serve_custom_service_request_handlers.append(enforce)
    control.switch("endpoint_policy", endpoints.show, endpoints.set_endpoint)
    control.on_wipe(forget)
