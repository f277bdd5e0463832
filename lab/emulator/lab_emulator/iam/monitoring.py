"""What Amazon Data Firehose, CloudWatch and CloudTrail calls need.

Sources: Service Authorization Reference, "Amazon Kinesis Firehose", "Amazon CloudWatch", "AWS CloudTrail".
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lab_emulator.iam.call import Call, Check, UnmappedError, account_in, words

_UNTOLD: Final = ("aws:ResourceTag/",)
_FIREHOSE: Final = words(
    """
    CreateDeliveryStream DeleteDeliveryStream DescribeDeliveryStream ListTagsForDeliveryStream PutRecord
    PutRecordBatch StartDeliveryStreamEncryption StopDeliveryStreamEncryption TagDeliveryStream
    UntagDeliveryStream UpdateDestination
    """
)
_CLOUDWATCH_BARE: Final = words(
    """
    DescribeAlarmsForMetric GetMetricData GetMetricStatistics GetMetricWidgetImage ListDashboards ListMetrics
    PutMetricData
    """
)
_ON_ALARMS: Final = words(
    "DeleteAlarms DescribeAlarms DescribeAlarmHistory DisableAlarmActions EnableAlarmActions "
    "PutMetricAlarm SetAlarmState"
)
_ON_ARN: Final = words("ListTagsForResource TagResource UntagResource")

_TRAIL_BARE: Final = words("DescribeTrails ListTrails LookupEvents")
_ON_TRAIL: Final = words(
    "CreateTrail DeleteTrail GetTrail GetTrailStatus StartLogging StopLogging UpdateTrail"
)


def firehose_checks(call: Call) -> list[Check]:
    operation = call.operation
    if operation == "ListDeliveryStreams":
        return [Check("firehose:ListDeliveryStreams", "*")]
    if operation not in _FIREHOSE:
        raise UnmappedError(f"the operation firehose:{operation}")
    arn = call.arn("firehose", f"deliverystream/{call.parameters.get('DeliveryStreamName') or ''}")
    found = [Check(f"firehose:{operation}", arn, untold=_UNTOLD)]
    if operation == "CreateDeliveryStream" and call.parameters.get("Tags"):
        found.append(Check("firehose:TagDeliveryStream", arn, untold=_UNTOLD))
    return found + [_passed(role) for role in sorted(set(_roles(call.parameters)))]


def _passed(role: str) -> Check:
    """A role is handed to a service only by who may pass it (IAM User Guide, "Grant a user permissions to
    pass a role to an AWS service")."""
    context = {"iam:PassedToService": "firehose.amazonaws.com"}
    return Check("iam:PassRole", role, account_in(role), context=context, untold=_UNTOLD)


def _roles(value: Any) -> Iterator[str]:
    """Every RoleARN in the call's parameters."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name == "RoleARN":
                yield str(inner)
            else:
                yield from _roles(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _roles(inner)


def cloudwatch_checks(call: Call) -> list[Check]:
    operation, parameters = call.operation, call.parameters
    if operation in _CLOUDWATCH_BARE:
        namespace = parameters.get("Namespace") if operation == "PutMetricData" else None
        context = {"cloudwatch:namespace": str(namespace)} if namespace else {}
        return [Check(f"cloudwatch:{operation}", "*", context=context)]
    if operation in _ON_ALARMS:
        names = parameters.get("AlarmNames") or [parameters.get("AlarmName") or "*"]
        arns = [call.arn("cloudwatch", f"alarm:{name}") for name in names]
        tagging = ["TagResource"] if operation == "PutMetricAlarm" and parameters.get("Tags") else []
        actions = [operation, *tagging]
        return [Check(f"cloudwatch:{one}", arn, untold=_UNTOLD) for arn in arns for one in actions]
    if operation in _ON_ARN:
        arn = str(parameters.get("ResourceARN") or "")
        return [Check(f"cloudwatch:{operation}", arn, account_in(arn), untold=_UNTOLD)]
    if operation in ("GetDashboard", "PutDashboard"):
        arn = call.arn("cloudwatch", f"dashboard/{parameters.get('DashboardName')}", is_global=True)
        return [Check(f"cloudwatch:{operation}", arn, untold=_UNTOLD)]
    raise UnmappedError(f"the operation cloudwatch:{operation}")


def cloudtrail_checks(call: Call) -> list[Check]:
    operation, parameters = call.operation, call.parameters
    if operation in _TRAIL_BARE:
        return [Check(f"cloudtrail:{operation}", "*")]
    if operation not in _ON_TRAIL:
        raise UnmappedError(f"the operation cloudtrail:{operation}")
    name = str(parameters.get("Name") or "")
    arn = name if name.startswith("arn:") else call.arn("cloudtrail", f"trail/{name}")
    return [Check(f"cloudtrail:{operation}", arn, account_in(arn), untold=_UNTOLD)]
