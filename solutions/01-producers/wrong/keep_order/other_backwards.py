import json

import boto3


def send_in_order(stream_name, events):
    kinesis = boto3.client("kinesis")
    for event in sorted(events, key=lambda event: -event["number"]):
        kinesis.put_record(
            StreamName=stream_name, PartitionKey=event["device"], Data=json.dumps(event).encode()
        )
