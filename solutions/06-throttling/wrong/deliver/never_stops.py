import json

import boto3
from botocore.exceptions import ClientError

kinesis = boto3.client("kinesis")


def entries(events):
    return [{"PartitionKey": e["key"], "Data": json.dumps(e).encode()} for e in events]


def deliver(stream_name, events, most_calls):
    waiting = list(events)
    while waiting:
        batch, later = waiting[:500], waiting[500:]
        try:
            answer = kinesis.put_records(StreamName=stream_name, Records=entries(batch))
        except ClientError:
            continue
        pairs = zip(batch, answer["Records"], strict=True)
        waiting = later + [event for event, entry in pairs if "ErrorCode" in entry]
