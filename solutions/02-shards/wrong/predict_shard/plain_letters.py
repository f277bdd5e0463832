import hashlib


def predict_shard(partition_key, shards):
    key_bytes = partition_key.encode("ascii", "ignore")  # otherwise an error with é
    h = int(hashlib.md5(key_bytes).hexdigest(), 16)
    for s in shards:
        r = s["HashKeyRange"]
        is_closed = "EndingSequenceNumber" in s["SequenceNumberRange"]
        if not is_closed and int(r["StartingHashKey"]) <= h <= int(r["EndingHashKey"]):
            return s["ShardId"]
