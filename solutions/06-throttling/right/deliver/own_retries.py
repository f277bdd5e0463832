import json
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

patient = boto3.client("kinesis", config=Config(retries={"total_max_attempts": 1}))


def one_round(stream_name, records):
    """What must be sent again of at most 500 records."""
    try:
        results = patient.put_records(StreamName=stream_name, Records=records)["Records"]
    except ClientError:
        return records
    return [records[place] for place, result in enumerate(results) if result.get("ErrorCode")]


def deliver(stream_name, events, most_calls):
    left = [{"PartitionKey": e["key"], "Data": json.dumps(e, ensure_ascii=False)} for e in events]
    calls = 0
    while left and calls < most_calls:
        refused = []
        for start in range(0, len(left), 500):
            refused += one_round(stream_name, left[start : start + 500])
            calls += 1
        left = refused
        time.sleep(0.01)
