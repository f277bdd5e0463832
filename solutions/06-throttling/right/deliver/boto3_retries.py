import json
import random
import time

import boto3
from botocore.exceptions import ClientError

kinesis = boto3.client("kinesis")
TRIES = 3


def deliver(stream_name, events, most_calls):
    """With boto3's own retries: each of them is counted, and there is always room for all of one call."""
    waiting, made, turn = list(events), 0, 0
    while waiting and made + TRIES <= most_calls:
        batch, rest = waiting[:500], waiting[500:]
        entries = [{"PartitionKey": e["key"], "Data": json.dumps(e)} for e in batch]
        try:
            answer = kinesis.put_records(StreamName=stream_name, Records=entries)
            made += 1 + answer["ResponseMetadata"]["RetryAttempts"]
            results = answer["Records"]
            batch = [e for e, result in zip(batch, results, strict=True) if "ErrorCode" in result]
        except ClientError:
            made += TRIES
        waiting = rest + batch
        time.sleep(random.random() * min(0.5, 0.02 * 2**turn))
        turn += 1
