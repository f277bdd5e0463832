import json
import random
import time

import boto3
from botocore.exceptions import ClientError

kinesis = boto3.client("kinesis")


def deliver(stream_name, events, most_calls):
    waiting, turn = list(events), 0
    while waiting and turn < most_calls:
        batch, rest = waiting[:500], waiting[500:]
        entries = [{"PartitionKey": e["key"], "Data": json.dumps(e)} for e in batch]
        try:
            results = kinesis.put_records(StreamName=stream_name, Records=entries)["Records"]
            batch = [e for e, result in zip(batch, results, strict=True) if "ErrorCode" in result]
        except ClientError:
            pass
        waiting = rest + batch
        time.sleep(random.random() * min(0.5, 0.02 * 2**turn))
        turn += 1
