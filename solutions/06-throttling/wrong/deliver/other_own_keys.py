import json

import boto3

kinesis = boto3.client("kinesis")


def entries(events):
    return [{"PartitionKey": e["key"], "Data": json.dumps(e).encode()} for e in events]


def deliver(stream_name, events, most_calls):
    records = [{**r, "PartitionKey": e["id"]} for r, e in zip(entries(events), events, strict=True)]
    for _ in range(most_calls):
        if not records:
            break
        batch, later = records[:500], records[500:]
        answer = kinesis.put_records(StreamName=stream_name, Records=batch)
        pairs = zip(batch, answer["Records"], strict=True)
        records = later + [record for record, entry in pairs if "ErrorCode" in entry]
