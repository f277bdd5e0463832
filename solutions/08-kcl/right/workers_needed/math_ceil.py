import math


def workers_needed(shards, shard_kib, worker_kib, standby):
    load = math.ceil(shards * shard_kib / worker_kib)
    if load < 1:
        load = 1
    if load > shards:
        load = shards
    return load + standby
