def split_point(shard):
    end = int(shard["HashKeyRange"]["EndingHashKey"])
    return str(end // 2)
