def workers_needed(shards, shard_kib, worker_kib, standby):
    whole, rest = divmod(shards * shard_kib, worker_kib)
    return max(1, min(shards, whole + (rest > 0))) + standby
