import json

import boto3


def send_in_order(stream_name, events):
    kinesis = boto3.client("kinesis")
    records = [{"PartitionKey": event["device"], "Data": json.dumps(event).encode()} for event in events]
    kinesis.put_records(StreamName=stream_name, Records=records)
