import json

import boto3


def send_all(stream_name, events):
    kinesis = boto3.client("kinesis")
    records = [{"PartitionKey": event["device"], "Data": json.dumps(event).encode()} for event in events]
    for start in range(0, len(records), 500):
        batch = records[start : start + 500]
        while True:
            answer = kinesis.put_records(StreamName=stream_name, Records=batch)
            if answer["FailedRecordCount"] == 0:
                break
