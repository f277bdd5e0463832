import json

import boto3


def send(kinesis, stream_name, records):
    """Send one batch, and then what is left of it."""
    answer = kinesis.put_records(StreamName=stream_name, Records=records)
    if answer["FailedRecordCount"]:
        refused = [n for n, entry in enumerate(answer["Records"]) if "SequenceNumber" not in entry]
        send(kinesis, stream_name, [records[n] for n in refused])


def send_all(stream_name, events):
    kinesis = boto3.client("kinesis")
    for start in range(0, len(events), 250):
        batch = [
            {"Data": json.dumps(event), "PartitionKey": event["device"]}
            for event in events[start : start + 250]
        ]
        send(kinesis, stream_name, batch)
