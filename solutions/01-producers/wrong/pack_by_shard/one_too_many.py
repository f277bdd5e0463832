from lab.rules.hash_space import shard_for


def pack_by_shard(keys, shards, most):
    packages = {}
    for place, key in enumerate(keys):
        mine = packages.setdefault(shard_for(key, shards), [])
        if not mine or len(mine[-1]) > most:
            mine.append([])
        mine[-1].append(place)
    return packages
