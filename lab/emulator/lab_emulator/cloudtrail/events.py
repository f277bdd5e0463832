"""One call as a CloudTrail event: which calls are told, and how.

Sources: CloudTrail user guide, "CloudTrail record contents", "CloudTrail userIdentity element"; Kinesis
developer guide, "Logging Amazon Kinesis Data Streams API calls with AWS CloudTrail" (management operations
only); the guides of the other services for what counts as a data event there.
"""

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from botocore.model import Shape
from localstack.aws.api import RequestContext
from localstack.utils.aws.request_context import extract_access_key_id_from_auth_header

from lab.rules.policy.principals import CallerKind
from lab_emulator.accounts.registry import ACCOUNTS
from lab_emulator.iam.documents import UnreadablePolicyError
from lab_emulator.iam.identities import (
    ExpiredCredentialsError,
    Identity,
    NoCredentialsError,
    UnknownCredentialsError,
    backend_of,
    identity_of,
)

Event = dict[str, Any]
VERSION: Final = "1.11"
LARGEST_PARAMETERS: Final = 100_000
"""Characters; what is larger is left out and said to be."""
GROWTH: Final = 10
"""By more than that no request grows when its body is told as parameters in JSON."""

SOURCES: Final[Mapping[str, str]] = {
    "cloudtrail": "cloudtrail.amazonaws.com",
    "cloudwatch": "monitoring.amazonaws.com",
    "dynamodb": "dynamodb.amazonaws.com",
    "firehose": "firehose.amazonaws.com",
    "iam": "iam.amazonaws.com",
    "kinesis": "kinesis.amazonaws.com",
    "kms": "kms.amazonaws.com",
    "s3": "s3.amazonaws.com",
    "sts": "sts.amazonaws.com",
}
"""The services whose calls are logged, and what they are called in events."""

DATA_PLANE: Final[Mapping[str, frozenset[str]]] = {
    service: frozenset(operations.split())
    for service, operations in {
        "kinesis": "PutRecord PutRecords GetRecords GetShardIterator SubscribeToShard",
        "firehose": "PutRecord PutRecordBatch",
        "dynamodb": "PutItem GetItem UpdateItem DeleteItem Query Scan BatchGetItem BatchWriteItem "
        "TransactGetItems TransactWriteItems ExecuteStatement BatchExecuteStatement ExecuteTransaction",
        "cloudwatch": "PutMetricData GetMetricData GetMetricStatistics GetMetricWidgetImage ListMetrics",
        "s3": "ListObjects ListObjectsV2 ListObjectVersions ListMultipartUploads DeleteObjects HeadBucket",
    }.items()
}
"""Operations on the contents of streams, tables, buckets and metrics: never logged here."""

READING: Final = ("Get", "List", "Describe", "Lookup", "Head", "Simulate")
READING_KEYS: Final = ("Encrypt", "Decrypt", "ReEncrypt", "Generate", "Sign", "Verify")
"""KMS counts the use of a key as reading."""
SECRETS: Final = frozenset({"SecretAccessKey", "SessionToken", "Password", "OldPassword", "NewPassword"})
"""Besides what the API models mark as sensitive."""

_RESOURCES: Final = (
    ("kinesis", ("StreamName", "StreamARN", "ResourceARN"), "AWS::Kinesis::Stream"),
    ("firehose", ("DeliveryStreamName",), "AWS::KinesisFirehose::DeliveryStream"),
    ("dynamodb", ("TableName",), "AWS::DynamoDB::Table"),
    ("s3", ("Bucket",), "AWS::S3::Bucket"),
    ("kms", ("KeyId",), "AWS::KMS::Key"),
    ("iam", ("UserName",), "AWS::IAM::User"),
    ("iam", ("RoleName",), "AWS::IAM::Role"),
    ("iam", ("PolicyArn", "PolicyName"), "AWS::IAM::Policy"),
    ("sts", ("RoleArn",), "AWS::IAM::Role"),
    ("cloudwatch", ("AlarmName",), "AWS::CloudWatch::Alarm"),
    ("cloudtrail", ("Name", "TrailName"), "AWS::CloudTrail::Trail"),
)


def is_logged(context: RequestContext) -> bool:
    """Whether the call is one of management, made by a client."""
    if context.operation is None or context.service is None or context.is_internal_call:
        return False
    service, operation = str(context.service.service_name), str(context.operation.name)
    if service not in SOURCES or operation in DATA_PLANE.get(service, frozenset()):
        return False
    members = getattr(context.operation.input_shape, "members", {})
    return not (service == "s3" and "Key" in members)


def is_read_only(service: str, operation: str) -> bool:
    if service == "sts":
        return True
    return operation.startswith(READING + (READING_KEYS if service == "kms" else ()))


def user_identity(context: RequestContext) -> Event | None:
    """Who calls. None for nobody: a call that is refused because AWS knows no such key is in no trail.

    While IAM is off for an account, LocalStack takes every key that it does not know for the root user's.
    """
    try:
        return _told(identity_of(context), _key(context), str(context.partition))
    except UnreadablePolicyError:
        return {"type": "Unknown", "accountId": context.account_id, "accessKeyId": _key(context)}
    except (NoCredentialsError, UnknownCredentialsError, ExpiredCredentialsError):
        if ACCOUNTS[context.account_id].iam:
            return None
        arn = f"arn:{context.partition}:iam::{context.account_id}:root"
        return _told_root(context.account_id, arn, _key(context))


def _key(context: RequestContext) -> str:
    return extract_access_key_id_from_auth_header(context.request.headers) or ""


def _told_root(account: str, arn: str, key: str) -> Event:
    return {"type": "Root", "principalId": account, "arn": arn, "accountId": account, "accessKeyId": key}


def _told(identity: Identity, key: str, partition: str) -> Event:
    who = identity.caller
    if who.kind is CallerKind.ROOT:
        return _told_root(who.account, who.arn, key)
    told = {"principalId": identity.user_id, "arn": who.arn, "accountId": who.account, "accessKeyId": key}
    if who.kind is CallerKind.USER:
        return {"type": "IAMUser"} | told | {"userName": who.name}
    issuer = "Role" if who.kind is CallerKind.ROLE_SESSION else "IAMUser"
    context = {
        "sessionIssuer": {
            "type": issuer,
            "principalId": _id_behind(who.behind, partition) or identity.user_id.partition(":")[0],
            "arn": who.behind,
            "accountId": who.account,
            "userName": who.behind.rpartition("/")[2],
        },
        "attributes": {"mfaAuthenticated": "false"},
    }
    kind = "AssumedRole" if who.kind is CallerKind.ROLE_SESSION else "FederatedUser"
    return {"type": kind} | told | {"sessionContext": context}


def _id_behind(arn: str, partition: str) -> str | None:
    backend = backend_of(arn.split(":")[4], partition)
    for entity in [*backend.roles.values(), *backend.users.values()]:
        if entity.arn == arn:
            return str(entity.id)
    return None


def user_name(event: Event) -> str:
    """What LookupEvents calls the user: the session's name for a role."""
    identity = event["userIdentity"]
    if identity["type"] == "Root":
        return "root"
    return str(identity.get("userName") or identity.get("arn", "").rpartition("/")[2])


def event_of(context: RequestContext, identity: Event, moment: float) -> Event:
    """The event of a call that is over, at a time of the account's clock (seconds since 1970)."""
    service, operation = str(context.service.service_name), context.operation
    read_only, error = is_read_only(service, operation.name), context.service_exception
    request = context.service_request or {}
    answered = not error and (not read_only or operation.name.startswith("AssumeRole"))
    answer = shown(operation.output_shape, context.service_response or {}) if answered else None
    event = {
        "eventVersion": VERSION,
        "userIdentity": identity,
        "eventTime": told_time(moment),
        "eventSource": SOURCES[service],
        "eventName": operation.name,
        "awsRegion": "us-east-1" if service == "iam" else context.region,
        "sourceIPAddress": context.request.remote_addr,
        "userAgent": context.request.headers.get("User-Agent"),
    }
    if error:
        event |= {"errorCode": error.code, "errorMessage": str(error.message or error)}
    return event | {
        "requestParameters": _parameters(service, context, request),
        "responseElements": answer or None,
        "requestID": context.request_id,
        "eventID": str(uuid.uuid4()),
        "readOnly": read_only,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": context.account_id,
        "eventCategory": "Management",
    }


def told_time(moment: float) -> str:
    return _told_second(int(moment // 1))


@lru_cache(1024)
def _told_second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _parameters(service: str, context: RequestContext, request: Mapping[str, Any]) -> Any:
    parameters = shown(context.operation.input_shape, request)
    if service == "s3" and parameters and "bucket" in parameters:
        parameters = {"bucketName": parameters.pop("bucket")} | parameters
    sent = context.request.content_length
    if sent is None or sent > LARGEST_PARAMETERS / GROWTH:
        size = len(json.dumps(parameters))
        if size > LARGEST_PARAMETERS:
            return {"omitted": True, "originalSize": size, "reason": "request parameters are too large"}
    return parameters or None


def shown(shape: Shape | None, value: Any) -> Any:
    """VALUE as events tell it: names begin with a small letter; no secrets, no bytes, no nulls."""
    kind = shape.type_name if shape is not None else None
    if shape is None or value is None:
        return None
    if kind == "structure" and isinstance(value, Mapping):
        return {
            name[:1].lower() + name[1:]: shown(member, value[name])
            for name, member in shape.members.items()
            if value.get(name) is not None and not _is_secret(name, member)
        }
    if kind == "list" and isinstance(value, list | tuple):
        return [] if _is_secret("", shape.member) else [shown(shape.member, one) for one in value]
    if kind == "map" and isinstance(value, Mapping):
        hidden = _is_secret("", shape.value)
        return {} if hidden else {str(key): shown(shape.value, one) for key, one in value.items()}
    return _told_scalar(kind, value)


def _told_scalar(kind: str | None, value: Any) -> Any:
    if isinstance(value, datetime):
        return told_time(value.timestamp())
    if kind == "timestamp" and isinstance(value, int | float):
        return told_time(value)
    return value if isinstance(value, str | int | float | bool) else str(value)


def _is_secret(name: str, shape: Shape) -> bool:
    return name in SECRETS or shape.type_name == "blob" or bool(shape.metadata.get("sensitive"))


def resources_of(service: str, request: Mapping[str, Any]) -> list[dict[str, str]]:
    """What the call is about, for LookupEvents."""
    found = []
    for of, names, kind in _RESOURCES:
        if of != service:
            continue
        if name := next((str(request[name]) for name in names if request.get(name)), None):
            short = name.partition("/consumer/")[0].rpartition("/")[2] if name.startswith("arn:") else name
            found.append({"ResourceType": kind, "ResourceName": short})
    return found
