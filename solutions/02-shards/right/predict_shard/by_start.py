from hashlib import md5


def start(shard):
    return int(shard["HashKeyRange"]["StartingHashKey"])


def predict_shard(partition_key, shards):
    # Open shards cover the whole ring: the last one that starts at or before the key has it.
    key = int.from_bytes(md5(partition_key.encode()).digest(), "big")
    open_shards = [s for s in shards if not s["SequenceNumberRange"].get("EndingSequenceNumber")]
    return max((s for s in open_shards if start(s) <= key), key=start)["ShardId"]
