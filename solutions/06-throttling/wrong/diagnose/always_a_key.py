def refusing(shards):
    return [s for s, load in shards.items() if load["WriteProvisionedThroughputExceeded"]]


def told(verdict, shard=None, key=None):
    return {"verdict": verdict, "shard": shard, "key": key}


def diagnose(shards, keys):
    found = refusing(shards)
    if not found:
        return told("healthy")
    if len(found) == len(shards):
        return told("too small")
    hot = max(found, key=lambda s: shards[s]["WriteProvisionedThroughputExceeded"])
    return told("hot key", hot, max(keys[hot], key=keys[hot].get))
