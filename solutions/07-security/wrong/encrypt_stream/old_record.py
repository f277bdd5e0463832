import boto3


def encrypt_stream(stream_name, key_arn):
    kinesis = boto3.client("kinesis")
    kinesis.start_stream_encryption(StreamName=stream_name, EncryptionType="KMS", KeyId=key_arn)
    kinesis.get_waiter("stream_exists").wait(StreamName=stream_name)
    old = []
    for shard in kinesis.list_shards(StreamName=stream_name)["Shards"]:
        place = kinesis.get_shard_iterator(
            StreamName=stream_name, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )
        old += kinesis.get_records(ShardIterator=place["ShardIterator"])["Records"]
    return old[0]["SequenceNumber"]
