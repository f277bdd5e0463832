def unpack(partition_key, data):
    return [[partition_key, data]]
