import json

import boto3


def send_in_order(stream_name, events):
    kinesis = boto3.client("kinesis")
    for event in events:
        key = f"{event['device']}-{event['number']}"
        kinesis.put_record(StreamName=stream_name, PartitionKey=key, Data=json.dumps(event).encode())
