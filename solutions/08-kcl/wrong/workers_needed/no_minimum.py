def workers_needed(shards, shard_kib, worker_kib, standby):
    return min(-(-shards * shard_kib // worker_kib), shards) + standby
