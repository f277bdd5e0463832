import boto3


def encrypt_stream(stream_name, key_arn):
    kinesis = boto3.client("kinesis")
    answer = kinesis.put_record(StreamName=stream_name, PartitionKey="proof", Data=b"proof")
    return answer["SequenceNumber"]
