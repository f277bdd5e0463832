def read_new(stream_name, places):
    """The data that are new since `places`, and the places for the next call."""
    kinesis = boto3.client("kinesis", config=NO_RETRIES)
    data, places = [], dict(places)
    # Without a filter the list has closed shards too. A child is made later than its parents, so in the
    # order of the ids each parent is read to its end before its children.
    shards = kinesis.list_shards(StreamName=stream_name)["Shards"]
    first_call = not places
    for shard in sorted(shard["ShardId"] for shard in shards):
        where = {"ShardIteratorType": "TRIM_HORIZON"} if first_call else {"ShardIteratorType": "LATEST"}
        if shard in places:
            where = {
                "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                "StartingSequenceNumber": places[shard],
            }
        answer = kinesis.get_shard_iterator(StreamName=stream_name, ShardId=shard, **where)
        iterator, behind = answer["ShardIterator"], None
        # A closed shard ends by itself: it has no next iterator. An open one is read up to now.
        while iterator and behind != 0:
            try:
                answer = kinesis.get_records(ShardIterator=iterator)
            except kinesis.exceptions.ProvisionedThroughputExceededException:
                continue  # refused, so nothing was read: the same iterator again
            for record in answer["Records"]:
                data.append(record["Data"].decode())
                places[shard] = record["SequenceNumber"]
            iterator, behind = answer.get("NextShardIterator"), answer["MillisBehindLatest"]
    return {"data": data, "places": places}
