import hashlib


def predict_shard(partition_key, shards):
    digest = hashlib.md5(partition_key.encode()).digest()
    index = int.from_bytes(digest, "big") % len(shards)
    return shards[index]["ShardId"]
