def workers_needed(shards, shard_kib, worker_kib, standby):
    at_work = round(shards * shard_kib / worker_kib + 0.5)
    return max(1, min(shards, at_work)) + standby
