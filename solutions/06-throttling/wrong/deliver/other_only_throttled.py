import json

import boto3

kinesis = boto3.client("kinesis")


def entries(events):
    return [{"PartitionKey": e["key"], "Data": json.dumps(e).encode()} for e in events]


def deliver(stream_name, events, most_calls):
    waiting = list(events)
    for _ in range(most_calls):
        if not waiting:
            break
        batch, later = waiting[:500], waiting[500:]
        answer = kinesis.put_records(StreamName=stream_name, Records=entries(batch))
        codes = [entry.get("ErrorCode") for entry in answer["Records"]]
        throttled = "ProvisionedThroughputExceededException"
        waiting = later + [e for e, code in zip(batch, codes, strict=True) if code == throttled]
