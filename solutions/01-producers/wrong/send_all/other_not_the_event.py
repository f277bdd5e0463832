import boto3


def send_all(stream_name, events):
    kinesis = boto3.client("kinesis")
    records = [{"PartitionKey": event["device"], "Data": event["body"].encode()} for event in events]
    while records:
        answer = kinesis.put_records(StreamName=stream_name, Records=records[:500])
        entries = answer["Records"]
        records = [r for r, e in zip(records, entries, strict=False) if "ErrorCode" in e] + records[500:]
