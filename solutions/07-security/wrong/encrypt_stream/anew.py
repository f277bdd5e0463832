import boto3


def encrypt_stream(stream_name, key_arn):
    kinesis = boto3.client("kinesis")
    kinesis.delete_stream(StreamName=stream_name)
    kinesis.get_waiter("stream_not_exists").wait(
        StreamName=stream_name, WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )
    kinesis.create_stream(StreamName=stream_name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(
        StreamName=stream_name, WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )
    kinesis.start_stream_encryption(StreamName=stream_name, EncryptionType="KMS", KeyId=key_arn)
    kinesis.get_waiter("stream_exists").wait(StreamName=stream_name)
    answer = kinesis.put_record(StreamName=stream_name, PartitionKey="proof", Data=b"proof")
    return answer["SequenceNumber"]
