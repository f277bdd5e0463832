def replay_window(stream_name, start, end):
    kinesis = boto3.client("kinesis")
    first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
    found = []
    for shard in kinesis.list_shards(StreamName=stream_name)["Shards"]:
        where = {"StreamName": stream_name, "ShardId": shard["ShardId"], "ShardIteratorType": "AT_TIMESTAMP"}
        iterator = kinesis.get_shard_iterator(**where, Timestamp=first)["ShardIterator"]
        found += kinesis.get_records(ShardIterator=iterator)["Records"]
    inside = [record for record in found if first <= record["ApproximateArrivalTimestamp"] < last]
    return sorted((record["Data"].decode() for record in inside), reverse=True)
