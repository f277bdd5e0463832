import boto3


def encrypt_stream(stream_name, key_arn):
    kinesis = boto3.client("kinesis")
    old = []
    for shard in kinesis.list_shards(StreamName=stream_name)["Shards"]:
        place = kinesis.get_shard_iterator(
            StreamName=stream_name, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )
        old += kinesis.get_records(ShardIterator=place["ShardIterator"])["Records"]
    kinesis.start_stream_encryption(StreamName=stream_name, EncryptionType="KMS", KeyId=key_arn)
    kinesis.get_waiter("stream_exists").wait(StreamName=stream_name)
    for record in old:
        answer = kinesis.put_record(
            StreamName=stream_name, PartitionKey=record["PartitionKey"], Data=record["Data"]
        )
    return answer["SequenceNumber"]
