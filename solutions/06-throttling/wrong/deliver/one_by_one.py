import json

import boto3

kinesis = boto3.client("kinesis")


def entries(events):
    return [{"PartitionKey": e["key"], "Data": json.dumps(e).encode()} for e in events]


def deliver(stream_name, events, most_calls):
    for start in range(0, len(events), 500):
        batch = entries(events[start : start + 500])
        answer = kinesis.put_records(StreamName=stream_name, Records=batch)
        for record, entry in zip(batch, answer["Records"], strict=True):
            if "ErrorCode" in entry:
                kinesis.put_record(StreamName=stream_name, **record)
