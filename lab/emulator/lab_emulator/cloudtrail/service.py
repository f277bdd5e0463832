"""CloudTrail: LookupEvents, and trails that deliver to S3. What the lab does not have is refused by name.

LocalStack has no CloudTrail. moto's looks for the bucket where LocalStack's S3 does not keep it, and takes
settings that would change nothing.
"""

import base64
import binascii
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.spec import load_service
from localstack.services.plugins import Service
from localstack.services.s3.models import s3_stores

from lab_emulator.accounts.control import on_wipe
from lab_emulator.accounts.registry import ACCOUNTS
from lab_emulator.cloudtrail.delivery import TRAILS, Trail
from lab_emulator.cloudtrail.events import told_time
from lab_emulator.cloudtrail.log import Entry, log_of

Request = dict[str, Any]
Answer = dict[str, Any]
DAYS_KEPT: Final = 90
MOST_RESULTS: Final = 50
TAKEN: Final = frozenset(
    {"Name", "S3BucketName", "S3KeyPrefix", "IsMultiRegionTrail", "IncludeGlobalServiceEvents"}
)
"""What CreateTrail and UpdateTrail understand here."""
LOOKED_UP: Final = frozenset({"EventId", "EventName", "EventSource", "ReadOnly", "Username", "AccessKeyId"})


def _error(code: str, message: str) -> CommonServiceException:
    return CommonServiceException(code, message, 400, sender_fault=True)


# LookupEvents


def lookup_events(context: RequestContext, request: Request) -> Answer:
    """The caller's account's events in the caller's region, the newest first."""
    most = request.get("MaxResults") or MOST_RESULTS
    if not 1 <= most <= MOST_RESULTS:
        raise _error("InvalidMaxResultsException", f"MaxResults is 1 to {MOST_RESULTS}, not {most}.")
    start, end = _range(context, request)
    wanted = _attribute(request)
    if request.get("EventCategory"):
        return {"Events": []}  # insights, of which the lab has none
    found: list[Entry] = []
    for entry in log_of(context.account_id).newest_first(_place(request.get("NextToken"))):
        if entry.region == context.region and start <= entry.moment <= end and wanted(entry):
            if len(found) == most:
                return {"Events": _told(found), "NextToken": _token(found[-1].serial)}
            found.append(entry)
    return {"Events": _told(found)}


def _range(context: RequestContext, request: Request) -> tuple[float, float]:
    now = ACCOUNTS[context.account_id].now()
    start, end = _seconds(request.get("StartTime"), 0), _seconds(request.get("EndTime"), now)
    if start > end:
        raise _error("InvalidTimeRangeException", "Start time cannot be after end time.")
    return max(start, now - DAYS_KEPT * 86_400), end


def _seconds(moment: Any, default: float) -> float:
    if moment is None:
        return default
    return moment.timestamp() if isinstance(moment, datetime) else float(moment)


def _attribute(request: Request) -> Callable[[Entry], bool]:
    attributes = request.get("LookupAttributes") or []
    if len(attributes) > 1:
        raise _error("InvalidLookupAttributesException", "LookupAttributes can hold only one attribute.")
    if not attributes:
        return lambda _entry: True
    key, value = attributes[0]["AttributeKey"], attributes[0]["AttributeValue"]
    if key in ("ResourceType", "ResourceName"):
        return lambda entry: any(resource[key] == value for resource in entry.resources)
    if key not in LOOKED_UP:
        raise _error("InvalidLookupAttributesException", f"There is no attribute {key}.")
    return lambda entry: entry.attributes[key] == value


def _token(serial: int) -> str:
    return base64.urlsafe_b64encode(f"before {serial}".encode()).decode()


def _place(token: str | None) -> int | None:
    if token is None:
        return None
    try:
        word, serial = base64.urlsafe_b64decode(token.encode()).decode().split(" ")
        if word == "before":
            return int(serial)
    except (ValueError, binascii.Error):
        pass
    raise _error("InvalidNextTokenException", "The NextToken is none that LookupEvents gave out.")


def _told(entries: list[Entry]) -> list[Answer]:
    return [
        entry.attributes
        | {"EventTime": int(entry.moment), "Resources": entry.resources, "CloudTrailEvent": entry.text}
        for entry in entries
    ]


# Trails


def _bucket_exists(name: str) -> bool:
    """Of whatever account, since the names are everybody's."""
    return any(
        name in store.buckets for stores in list(s3_stores.values()) for store in list(stores.values())
    )


def _check(request: Request, operation: str) -> None:
    beyond = [name for name, value in request.items() if value and name not in TAKEN]
    if beyond:
        raise _error("UnsupportedOperationException", f"The lab's {operation} has no {', '.join(beyond)}.")
    bucket = request.get("S3BucketName")
    if bucket is not None and not _bucket_exists(bucket):
        raise _error("S3BucketDoesNotExistException", f"S3 bucket {bucket} does not exist!")


def _trail(context: RequestContext, name: str) -> Trail:
    """By name, in the caller's region, or by ARN."""
    for trail in TRAILS.of(context.account_id):
        if name == trail.arn or (name == trail.name and trail.region == context.region):
            return trail
    raise _error("TrailNotFoundException", f"Unknown trail: {name} for the user: {context.account_id}")


def create_trail(context: RequestContext, request: Request) -> Answer:
    _check(request, "CreateTrail")
    name = request["Name"]
    if not 3 <= len(name) <= 128:
        raise _error("InvalidTrailNameException", "A trail's name has 3 to 128 characters.")
    if any(trail.name == name and trail.region == context.region for trail in TRAILS.of(context.account_id)):
        raise _error("TrailAlreadyExistsException", f"Trail {name} already exists for {context.account_id}")
    trail = Trail(
        context.account_id,
        context.region,
        context.partition,
        name,
        request["S3BucketName"],
        request.get("S3KeyPrefix"),
        bool(request.get("IsMultiRegionTrail")),
        request.get("IncludeGlobalServiceEvents") is not False,
    )
    TRAILS.add(trail)
    return _settings(trail)


def update_trail(context: RequestContext, request: Request) -> Answer:
    _check(request, "UpdateTrail")
    trail = _trail(context, request["Name"])
    with trail.lock:
        trail.bucket = request.get("S3BucketName", trail.bucket)
        trail.prefix = request.get("S3KeyPrefix", trail.prefix)
        trail.multi_region = request.get("IsMultiRegionTrail", trail.multi_region)
        trail.global_events = request.get("IncludeGlobalServiceEvents", trail.global_events)
    return _settings(trail)


def delete_trail(context: RequestContext, request: Request) -> Answer:
    TRAILS.remove(_trail(context, request["Name"]))
    return {}


def start_logging(context: RequestContext, request: Request) -> Answer:
    _trail(context, request["Name"]).start()
    return {}


def stop_logging(context: RequestContext, request: Request) -> Answer:
    _trail(context, request["Name"]).stop()
    return {}


def get_trail(context: RequestContext, request: Request) -> Answer:
    return {"Trail": _described(_trail(context, request["Name"]))}


def get_trail_status(context: RequestContext, request: Request) -> Answer:
    trail = _trail(context, request["Name"])
    times = {
        "StartLoggingTime": trail.started,
        "StopLoggingTime": trail.stopped,
        "LatestDeliveryTime": trail.delivered,
    }
    words = {"TimeLoggingStarted": trail.started, "TimeLoggingStopped": trail.stopped}
    return (
        {"IsLogging": trail.logging}
        | {name: int(moment) for name, moment in times.items() if moment is not None}
        | {name: told_time(moment) for name, moment in words.items() if moment is not None}
        | ({"LatestDeliveryError": trail.problem} if trail.problem else {})
    )


def _seen(context: RequestContext) -> list[Trail]:
    """The trails of the caller's region, those of others that reach into it among them."""
    return [t for t in TRAILS.of(context.account_id) if t.multi_region or t.region == context.region]


def describe_trails(context: RequestContext, request: Request) -> Answer:
    seen, names = _seen(context), request.get("trailNameList")
    if names:
        seen = [trail for trail in seen if trail.name in names or trail.arn in names]
    if request.get("includeShadowTrails") is False:
        seen = [trail for trail in seen if trail.region == context.region]
    return {"trailList": [_described(trail) for trail in seen]}


def list_trails(context: RequestContext, _request: Request) -> Answer:
    told = [
        {"TrailARN": t.arn, "Name": t.name, "HomeRegion": t.region} for t in TRAILS.of(context.account_id)
    ]
    return {"Trails": told}


def _settings(trail: Trail) -> Answer:
    settings: Answer = {
        "Name": trail.name,
        "S3BucketName": trail.bucket,
        "IncludeGlobalServiceEvents": trail.global_events,
        "IsMultiRegionTrail": trail.multi_region,
        "TrailARN": trail.arn,
        "LogFileValidationEnabled": False,
        "IsOrganizationTrail": False,
    }
    return settings | ({"S3KeyPrefix": trail.prefix} if trail.prefix else {})


def _described(trail: Trail) -> Answer:
    more = {"HomeRegion": trail.region, "HasCustomEventSelectors": False, "HasInsightSelectors": False}
    return _settings(trail) | more


OPERATIONS: Final[dict[str, Callable[[RequestContext, Request], Answer]]] = {
    "CreateTrail": create_trail,
    "DeleteTrail": delete_trail,
    "DescribeTrails": describe_trails,
    "GetTrail": get_trail,
    "GetTrailStatus": get_trail_status,
    "ListTrails": list_trails,
    "LookupEvents": lookup_events,
    "StartLogging": start_logging,
    "StopLogging": stop_logging,
    "UpdateTrail": update_trail,
}


def _refuse(context: RequestContext, _request: Request) -> Answer:
    raise _error(
        "UnsupportedOperationException", f"The lab's CloudTrail does not have {context.operation.name}."
    )


class CloudTrail:
    """The service's name, for LocalStack's table of services."""

    service = "cloudtrail"


def service() -> Service:
    on_wipe(TRAILS.forget)
    table = dict.fromkeys(load_service("cloudtrail").operation_names, _refuse) | OPERATIONS
    return Service.for_provider(CloudTrail(), dispatch_table_factory=lambda _provider: table)
