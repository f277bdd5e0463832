def split_point(shard):
    r = shard["HashKeyRange"]
    width = int(r["EndingHashKey"]) - int(r["StartingHashKey"])
    return str(width // 2)
