def workers_needed(shards, shard_kib, worker_kib, standby):
    return min(max(1, shards * shard_kib / worker_kib), shards) + standby
