import hashlib


def predict_shard(partition_key, shards):
    # As strings of the same length, numbers sort rightly.
    key = f"{int(hashlib.md5(partition_key.encode()).hexdigest(), 16):039d}"
    return next(
        shard["ShardId"]
        for shard in shards
        if "EndingSequenceNumber" not in shard["SequenceNumberRange"]
        and shard["HashKeyRange"]["StartingHashKey"].zfill(39) <= key
        and key <= shard["HashKeyRange"]["EndingHashKey"].zfill(39)
    )
