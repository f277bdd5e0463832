import json

import boto3


def send_all(stream_name, events):
    kinesis = boto3.client("kinesis")
    records = [{"PartitionKey": event["device"], "Data": json.dumps(event).encode()} for event in events]
    for record in records:
        kinesis.put_record(StreamName=stream_name, **record)
