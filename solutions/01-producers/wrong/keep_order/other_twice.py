def send_in_order(stream_name, events):
    kinesis = boto3.client("kinesis")
    for event in events + events:
        data = json.dumps(event).encode()
        kinesis.put_record(StreamName=stream_name, PartitionKey=event["device"], Data=data)
