import datetime

import boto3


def read(client, stream, shard, since):
    place = client.get_shard_iterator(
        StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )
    iterator = place["ShardIterator"]
    while iterator is not None:
        answer = client.get_records(ShardIterator=iterator, Limit=5)
        yield from (r for r in answer["Records"] if r["ApproximateArrivalTimestamp"] >= since)
        if answer["MillisBehindLatest"] == 0:
            return
        iterator = answer.get("NextShardIterator")


def replay_window(stream_name, start, end):
    since, until = map(datetime.datetime.fromisoformat, (start, end))
    client = boto3.client("kinesis")
    waiting = {s["ShardId"]: s for s in client.list_shards(StreamName=stream_name)["Shards"]}
    ids = []
    while waiting:
        ready = next(s for s in waiting.values() if s.get("ParentShardId") not in waiting)
        del waiting[ready["ShardId"]]
        for record in read(client, stream_name, ready, since):
            if record["ApproximateArrivalTimestamp"] < until:
                ids.append(str(record["Data"], "ascii"))
    return ids
