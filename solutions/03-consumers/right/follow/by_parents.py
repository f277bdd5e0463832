def read_new(stream_name, places):
    """Parents by their ids, as the shards name them; a waiting child is read in a later turn."""
    kinesis = boto3.client("kinesis", config=NO_RETRIES)
    waiting = {shard["ShardId"]: shard for shard in kinesis.list_shards(StreamName=stream_name)["Shards"]}
    data, after = [], dict(places)
    while waiting:
        for name, shard in list(waiting.items()):
            parents = {shard.get("ParentShardId"), shard.get("AdjacentParentShardId")}
            if parents & set(waiting):
                continue
            data += _read(kinesis, stream_name, name, after)
            del waiting[name]
    return {"data": data, "places": after}


def _read(kinesis, stream_name, name, after):
    kind, start = "TRIM_HORIZON", {}
    if name in after:
        kind, start = "AFTER_SEQUENCE_NUMBER", {"StartingSequenceNumber": after[name]}
    place = kinesis.get_shard_iterator(StreamName=stream_name, ShardId=name, ShardIteratorType=kind, **start)[
        "ShardIterator"
    ]
    found = []
    while place:
        try:
            answer = kinesis.get_records(ShardIterator=place, Limit=1000)
        except kinesis.exceptions.ProvisionedThroughputExceededException:
            continue
        for record in answer["Records"]:
            after[name] = record["SequenceNumber"]
            found.append(record["Data"].decode("utf-8"))
        if answer["MillisBehindLatest"] == 0:
            return found
        place = answer.get("NextShardIterator")
    return found
