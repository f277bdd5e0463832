import boto3


def encrypt_stream(stream_name, key_arn):
    kinesis = boto3.client("kinesis")
    kinesis.start_stream_encryption(StreamName=stream_name, EncryptionType="KMS", KeyId="alias/aws/kinesis")
    kinesis.get_waiter("stream_exists").wait(StreamName=stream_name)
    answer = kinesis.put_record(StreamName=stream_name, PartitionKey="proof", Data=b"proof")
    return answer["SequenceNumber"]
