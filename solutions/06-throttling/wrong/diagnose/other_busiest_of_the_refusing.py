def diagnose(shards, keys):
    lost = {shard: load for shard, load in shards.items() if load["WriteProvisionedThroughputExceeded"]}
    if not lost:
        return {"verdict": "healthy", "shard": None, "key": None}
    if len(lost) == len(shards):
        return {"verdict": "too small", "shard": None, "key": None}
    hot = max(lost, key=lambda shard: lost[shard]["IncomingRecords"])
    top = max(keys[hot], key=keys[hot].get)
    if keys[hot][top] > 60000:
        return {"verdict": "hot key", "shard": hot, "key": top}
    return {"verdict": "hot shard", "shard": hot, "key": None}
