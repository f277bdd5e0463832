import json

import boto3


def send_all(stream_name, events):
    kinesis = boto3.client("kinesis")
    pending = [{"PartitionKey": str(event["number"]), "Data": json.dumps(event).encode()} for event in events]
    while pending:
        answer = kinesis.put_records(StreamName=stream_name, Records=pending)
        pairs = zip(pending, answer["Records"], strict=True)
        pending = [record for record, entry in pairs if "ErrorCode" in entry]
