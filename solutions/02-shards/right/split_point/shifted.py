def split_point(shard):
    total = sum(map(int, shard["HashKeyRange"].values()))
    return str(total >> 1)
