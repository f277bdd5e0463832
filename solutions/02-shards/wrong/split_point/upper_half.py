def split_point(shard):
    start = int(shard["HashKeyRange"]["StartingHashKey"])
    end = int(shard["HashKeyRange"]["EndingHashKey"])
    keys_in_lower_half = (end - start + 2) // 2
    return str(start + keys_in_lower_half)
