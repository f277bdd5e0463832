def split_point(shard):
    r = shard["HashKeyRange"]
    return (r["StartingHashKey"] + r["EndingHashKey"]) / 2
