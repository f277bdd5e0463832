def split_point(shard):
    # half of the 128-bit hash space
    return str(2**127)
