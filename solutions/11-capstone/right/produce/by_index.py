import boto3

kinesis = boto3.client("kinesis")


def produce(stream_name, events):
    """Go through the batches; each is sent until nothing of it is refused."""
    for start in range(0, len(events), 500):
        batch = events[start : start + 500]
        while batch:
            records = []
            for event in batch:
                key = event["source"]
                if key == "partner":
                    key += "#" + str(event["n"] % 8)
                records.append({"Data": json.dumps(event, ensure_ascii=False), "PartitionKey": key})
            answer = kinesis.put_records(StreamName=stream_name, Records=records)
            batch = [
                event for event, told in zip(batch, answer["Records"], strict=True) if told.get("ErrorCode")
            ]
