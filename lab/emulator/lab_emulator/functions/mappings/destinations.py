"""Where a batch goes that was given up: a queue is told where it is, a bucket gets the records too.

Source: Lambda guide, "Configuring destinations for failed invocations" of Kinesis sources, example records.
"""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.connect import connect_to

from lab_emulator.accounts.registry import ACCOUNTS
from lab_emulator.functions.environment import Outcome
from lab_emulator.functions.mappings.batches import Record
from lab_emulator.functions.mappings.events import event
from lab_emulator.functions.registry import Function
from lab_emulator.functions.roles import may


@dataclass(frozen=True)
class GivenUp:
    """Records that are given up, and why. `invocations`: how often the function had them."""

    mapping: str
    stream_arn: str
    shard: str
    records: Sequence[Record]
    condition: str
    invocations: int
    outcome: Outcome | None = None


def send(function: Function, destination: str, given_up: GivenUp) -> str:
    """Tell DESTINATION, an ARN. What went wrong, "" for nothing."""
    now = datetime.fromtimestamp(ACCOUNTS[function.account].now(), UTC)
    told = _told(function, given_up, now)
    is_queue = destination.split(":")[2] == "sqs"
    action, resource = ("sqs:SendMessage", destination) if is_queue else ("s3:PutObject", f"{destination}/*")
    if not may(function.settings.role, action, resource):
        return f"AccessDenied: the function's role may not {action}"
    clients = connect_to(aws_access_key_id=function.account, region_name=function.region)
    try:
        if is_queue:
            *_, account, name = destination.split(":")
            url = clients.sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
            clients.sqs.send_message(QueueUrl=url, MessageBody=json.dumps(told))
        else:
            told["payload"] = event(given_up.records).decode()
            body = json.dumps(told).encode()
            clients.s3.put_object(Bucket=destination.rpartition(":")[2], Key=_key(given_up, now), Body=body)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    except (BotoCoreError, OSError) as error:
        return type(error).__name__
    return ""


def _key(given_up: GivenUp, now: datetime) -> str:
    day, second = f"{now:%Y/%m/%d}", f"{now:%Y-%m-%dT%H.%M.%S}"
    return f"aws/lambda/{given_up.mapping}/{given_up.shard}/{day}/{second}-{uuid.uuid4()}"


def _told(function: Function, given_up: GivenUp, now: datetime) -> dict[str, Any]:
    records, outcome = given_up.records, given_up.outcome
    answer: dict[str, Any] = {
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": function.arn,
            "condition": given_up.condition,
            "approximateInvokeCount": given_up.invocations,
        },
        "version": "1.0",
        "timestamp": _moment(round(now.timestamp() * 1000)),
        "KinesisBatchInfo": {
            "shardId": given_up.shard,
            "startSequenceNumber": records[0].number,
            "endSequenceNumber": records[-1].number,
            "approximateArrivalOfFirstRecord": _moment(records[0].arrived),
            "approximateArrivalOfLastRecord": _moment(records[-1].arrived),
            "batchSize": len(records),
            "streamArn": given_up.stream_arn,
        },
    }
    if outcome is not None:
        answer["responseContext"] = {"statusCode": 200, "executedVersion": "$LATEST"}
        if outcome.error:
            answer["responseContext"]["functionError"] = "Unhandled"
    return answer


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"
