import boto3
from lab import wait_until_active


def encrypt_stream(stream_name, key_arn):
    client = boto3.client("kinesis")
    key_id = key_arn.split("/")[-1]
    client.start_stream_encryption(StreamName=stream_name, EncryptionType="KMS", KeyId=key_id)
    wait_until_active(client, stream_name)
    entries = [{"PartitionKey": str(number), "Data": b"is it encrypted?"} for number in range(3)]
    answer = client.put_records(StreamName=stream_name, Records=entries)
    assert answer["EncryptionType"] == "KMS"
    return answer["Records"][-1]["SequenceNumber"]
