import json

import boto3


def send_in_order(stream_name, events):
    """Calls with one event of each device: what is refused holds up its own device only."""
    kinesis = boto3.client("kinesis")
    waiting = {}
    for event in events:
        waiting.setdefault(event["device"], []).append(event)
    while waiting:
        devices = sorted(waiting)
        records = [
            {"PartitionKey": device, "Data": json.dumps(waiting[device][0]).encode()} for device in devices
        ]
        answer = kinesis.put_records(StreamName=stream_name, Records=records)
        for device, entry in zip(devices, answer["Records"], strict=True):
            if "ErrorCode" not in entry:
                waiting[device].pop(0)
        waiting = {device: left for device, left in waiting.items() if left}
