import json

import boto3

kinesis = boto3.client("kinesis")


def entries(events):
    return [{"PartitionKey": e["key"], "Data": json.dumps(e).encode()} for e in events]


def deliver(stream_name, events, most_calls):
    waiting = list(events)
    while waiting:
        answer = kinesis.put_records(StreamName=stream_name, Records=entries(waiting))
        pairs = zip(waiting, answer["Records"], strict=True)
        waiting = [event for event, entry in pairs if "ErrorCode" in entry]
