import hashlib


def predict_shard(partition_key, shards):
    h = str(int(hashlib.md5(partition_key.encode()).hexdigest(), 16))
    for s in shards:
        if "EndingSequenceNumber" in s["SequenceNumberRange"]:
            continue
        if h >= s["HashKeyRange"]["StartingHashKey"] and h <= s["HashKeyRange"]["EndingHashKey"]:
            return s["ShardId"]
