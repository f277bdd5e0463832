import boto3


def encrypt_stream(stream_name, key_arn):
    kinesis = boto3.client("kinesis")
    kinesis.start_stream_encryption(StreamName=stream_name, EncryptionType="KMS", KeyId=key_arn)
    kinesis.get_waiter("stream_exists").wait(StreamName=stream_name)
