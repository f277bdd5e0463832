import hashlib


def predict_shard(partition_key, shards):
    h = int(hashlib.sha256(partition_key.encode()).hexdigest()[:32], 16)
    for s in shards:
        r = s["HashKeyRange"]
        if "EndingSequenceNumber" in s["SequenceNumberRange"]:
            continue
        if int(r["StartingHashKey"]) <= h <= int(r["EndingHashKey"]):
            return s["ShardId"]
