"""What an earlier run of a lesson has left in the account, found by its names and deleted.

Only services that the lab has loaded are asked: one that was never used has nothing, and loading it takes a
second.
"""

import http.client
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3

from lab import clock
from lab.control import Control

PATIENCE = {"Delay": 1, "MaxAttempts": 60}


def clear(prefix: str, switches: Control) -> Iterator[str]:
    """Delete all that is named PREFIX-…; what went, in words, one kind at a time.

    The applications of KCL that this process runs end first: they would write to what is deleted.
    """
    _close_applications()
    loaded = _loaded(switches.endpoint)
    for service, kinds in KINDS.items():
        if service in loaded:
            client = boto3.client(service)  # type: ignore[call-overload]
            for kind, delete in kinds.items():
                if gone := sorted(delete(client, prefix)):
                    yield f"deleted: {kind} {', '.join(gone)}"
    if _end_commitment(switches):
        yield "the account was committed to on-demand Advantage: its clock was moved to where that ends"


def _close_applications() -> None:
    application = sys.modules.get("lab.kcl.application")
    if application is not None:
        application.close_all()


def _loaded(endpoint: str) -> set[str]:
    """The services that run in the lab at ENDPOINT."""
    address = urlsplit(endpoint)
    connection = http.client.HTTPConnection(address.hostname or "", address.port or 80, timeout=60)
    try:
        connection.request("GET", "/_localstack/health")
        told = json.loads(connection.getresponse().read())["services"]
    finally:
        connection.close()
    return {name for name, state in told.items() if state == "running"}


def _functions(functions: Any, prefix: str) -> Iterator[str]:
    """Functions, and before each its mappings, so that none calls what is gone."""
    pages = list(functions.get_paginator("list_functions").paginate())
    for name in (one["FunctionName"] for page in pages for one in page["Functions"]):
        if name.startswith(f"{prefix}-"):
            mapped = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
            for mapping in mapped:
                functions.delete_event_source_mapping(UUID=mapping["UUID"])
            functions.delete_function(FunctionName=name)
            yield name


def _delivery_streams(firehose: Any, prefix: str) -> Iterator[str]:
    for name in firehose.list_delivery_streams(Limit=10_000)["DeliveryStreamNames"]:
        if name.startswith(f"{prefix}-"):
            firehose.delete_delivery_stream(DeliveryStreamName=name)
            yield name


def _queues(sqs: Any, prefix: str) -> Iterator[str]:
    for url in sqs.list_queues(QueueNamePrefix=f"{prefix}-").get("QueueUrls", ()):
        sqs.delete_queue(QueueUrl=url)
        yield url.rpartition("/")[2]


def _streams(kinesis: Any, prefix: str) -> Iterator[str]:
    pages = list(kinesis.get_paginator("list_streams").paginate())
    for name in (name for page in pages for name in page["StreamNames"]):
        if name.startswith(f"{prefix}-"):
            kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig=PATIENCE)
            kinesis.delete_stream(StreamName=name, EnforceConsumerDeletion=True)
            kinesis.get_waiter("stream_not_exists").wait(StreamName=name, WaiterConfig=PATIENCE)
            yield name


def _buckets(s3: Any, prefix: str) -> Iterator[str]:
    for bucket in s3.list_buckets(Prefix=f"{prefix}-")["Buckets"]:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket["Name"]):
            for one in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]:
                s3.delete_object(Bucket=bucket["Name"], Key=one["Key"], VersionId=one["VersionId"])
        s3.delete_bucket(Bucket=bucket["Name"])
        yield bucket["Name"]


def _tables(dynamodb: Any, prefix: str) -> Iterator[str]:
    pages = list(dynamodb.get_paginator("list_tables").paginate())
    for name in (name for page in pages for name in page["TableNames"]):
        if name.startswith(f"{prefix}-"):
            dynamodb.delete_table(TableName=name)
            yield name


def _alarms(cloudwatch: Any, prefix: str) -> Iterator[str]:
    names = [
        alarm["AlarmName"]
        for page in cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"{prefix}-")
        for alarm in page["MetricAlarms"]
    ]
    if names:
        cloudwatch.delete_alarms(AlarmNames=names)
    yield from names


def _roles(iam: Any, prefix: str) -> Iterator[str]:
    pages = list(iam.get_paginator("list_roles").paginate())
    for name in (role["RoleName"] for page in pages for role in page["Roles"]):
        if name.startswith(f"{prefix}-"):
            for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
                iam.delete_role_policy(RoleName=name, PolicyName=policy)
            iam.delete_role(RoleName=name)
            yield name


def _keys(kms: Any, prefix: str) -> Iterator[str]:
    """A key has no name; lessons put the prefix into its description. It goes in 7 days, as on AWS."""
    for page in kms.get_paginator("list_keys").paginate():
        for key in page["Keys"]:
            about = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
            if about["Description"].startswith(prefix) and about["KeyState"] == "Enabled":
                kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
                yield f"“{about['Description']}”"


def _end_commitment(switches: Control) -> bool:
    """A commitment ends no sooner than its first 24 hours are over (`lab.rules.quotas`), so these go by."""
    kinesis = boto3.client("kinesis")
    if kinesis.describe_account_settings()["MinimumThroughputBillingCommitment"]["Status"] == "DISABLED":
        return False
    off: Any = {"Status": "DISABLED"}
    told = kinesis.update_account_settings(MinimumThroughputBillingCommitment=off)
    earliest = told["MinimumThroughputBillingCommitment"].get("EarliestAllowedEndAt")
    if earliest is not None:
        left = (earliest - clock.now(switches)).total_seconds()
        clock.advance(seconds=max(left, 0) + 1, of=switches)
    return True


Delete = Callable[[Any, str], Iterator[str]]
KINDS: dict[str, dict[str, Delete]] = {
    "firehose": {"Firehose streams": _delivery_streams},
    "lambda": {"functions": _functions},
    "sqs": {"queues": _queues},
    "kinesis": {"streams": _streams},
    "s3": {"buckets": _buckets},
    "dynamodb": {"tables": _tables},
    "cloudwatch": {"alarms": _alarms},
    "iam": {"roles": _roles},
    "kms": {"keys": _keys},
}
