import hashlib


def predict_shard(partition_key, shards):
    h = int(hashlib.md5(partition_key.encode("ascii")).hexdigest(), 16)
    for s in shards:
        r = s["HashKeyRange"]
        if "EndingSequenceNumber" in s["SequenceNumberRange"]:
            continue
        if int(r["StartingHashKey"]) <= h <= int(r["EndingHashKey"]):
            return s["ShardId"]
