import hashlib


def predict_shard(partition_key, shards):
    active = []
    for s in shards:
        if not s["SequenceNumberRange"].get("EndingSequenceNumber"):
            active.append(s["ShardId"])
    h = int(hashlib.md5(partition_key.encode()).hexdigest(), 16)
    # every shard owns the same part of the ring
    position = h * len(active) >> 128
    return active[position]
