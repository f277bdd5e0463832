def diagnose(shards, keys):
    refused = {shard: load["WriteProvisionedThroughputExceeded"] for shard, load in shards.items()}
    if sum(refused.values()) == 0:
        return {"verdict": "healthy", "shard": None, "key": None}
    if min(refused.values()) > 0:
        return {"verdict": "too small", "shard": None, "key": None}
    hot = max(refused, key=refused.get)
    top = max(keys[hot], key=keys[hot].get)
    if sum(keys[hot].values()) > 60000:
        return {"verdict": "hot key", "shard": hot, "key": top}
    return {"verdict": "hot shard", "shard": hot, "key": None}
