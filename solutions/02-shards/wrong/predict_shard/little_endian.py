import hashlib


def predict_shard(partition_key, shards):
    h = int.from_bytes(hashlib.md5(partition_key.encode()).digest(), byteorder="little")
    open_shards = [s for s in shards if "EndingSequenceNumber" not in s["SequenceNumberRange"]]
    for s in open_shards:
        low = int(s["HashKeyRange"]["StartingHashKey"])
        high = int(s["HashKeyRange"]["EndingHashKey"])
        if low <= h <= high:
            return s["ShardId"]
