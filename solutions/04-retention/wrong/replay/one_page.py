from datetime import datetime

import boto3


def replay_window(stream_name, start, end):
    kinesis = boto3.client("kinesis")
    start, end = datetime.fromisoformat(start), datetime.fromisoformat(end)
    found = []
    for shard in kinesis.list_shards(StreamName=stream_name)["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName=stream_name,
            ShardId=shard["ShardId"],
            ShardIteratorType="AT_TIMESTAMP",
            Timestamp=start,
        )["ShardIterator"]
        answer = kinesis.get_records(ShardIterator=iterator)
        records = answer["Records"]
        found += [
            record["Data"].decode()
            for record in records
            if start <= record["ApproximateArrivalTimestamp"] < end
        ]
    return found
