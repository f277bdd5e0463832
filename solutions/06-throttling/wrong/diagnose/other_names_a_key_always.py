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
    hot = found[0]
    top = max(keys[hot], key=keys[hot].get)
    if keys[hot][top] > 60000:
        return told("hot key", hot, top)
    return told("hot shard", hot, top)
