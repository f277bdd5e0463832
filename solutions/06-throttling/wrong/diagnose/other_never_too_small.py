def diagnose(shards, keys):
    hot = max(shards, key=lambda s: shards[s]["WriteProvisionedThroughputExceeded"])
    if shards[hot]["WriteProvisionedThroughputExceeded"] == 0:
        return {"verdict": "healthy", "shard": None, "key": None}
    top = max(keys[hot], key=keys[hot].get)
    if keys[hot][top] > 60000:
        return {"verdict": "hot key", "shard": hot, "key": top}
    return {"verdict": "hot shard", "shard": hot, "key": None}
