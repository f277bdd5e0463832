def read_new(stream_name, places):
    """boto3's own repeats do for throttled calls."""
    kinesis = boto3.client("kinesis")
    known, data = dict(places), []
    for shard in sorted(kinesis.list_shards(StreamName=stream_name)["Shards"], key=lambda s: s["ShardId"]):
        name = shard["ShardId"]
        if known.get(name) == "done":
            continue
        where = {"ShardIteratorType": "TRIM_HORIZON"}
        if name in known:
            where = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": known[name]}
        iterator = kinesis.get_shard_iterator(StreamName=stream_name, ShardId=name, **where)["ShardIterator"]
        while True:
            answer = kinesis.get_records(ShardIterator=iterator)
            for record in answer["Records"]:
                data.append(str(record["Data"], "utf-8"))
                known[name] = record["SequenceNumber"]
            iterator = answer.get("NextShardIterator")
            if iterator is None:
                known[name] = "done"
                break
            if answer["MillisBehindLatest"] == 0:
                break
    return {"places": known, "data": data}
