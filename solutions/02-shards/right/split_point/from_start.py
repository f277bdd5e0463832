def split_point(shard):
    start, end = (int(shard["HashKeyRange"][k]) for k in ("StartingHashKey", "EndingHashKey"))
    return f"{start + (end - start) // 2:d}"
