import hashlib


def predict_shard(partition_key, shards):
    open_shards = [s for s in shards if "EndingSequenceNumber" not in s["SequenceNumberRange"]]
    number = int(hashlib.md5(partition_key.encode("utf-8")).hexdigest(), 16)
    return open_shards[number % len(open_shards)]["ShardId"]
