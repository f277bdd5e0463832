def workers_needed(shards, shard_kib, worker_kib, standby):
    return shards + standby
