import json

import boto3

kinesis = boto3.client("kinesis")


def entries(events):
    return [{"PartitionKey": e["key"], "Data": json.dumps(e).encode()} for e in events]


def deliver(stream_name, events, most_calls):
    for start in range(0, len(events), 500):
        batch = events[start : start + 500]
        for _ in range(most_calls // 2):
            answer = kinesis.put_records(StreamName=stream_name, Records=entries(batch))
            if answer["FailedRecordCount"] == 0:
                break
