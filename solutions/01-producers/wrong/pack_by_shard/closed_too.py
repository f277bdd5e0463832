from lab.rules.hash_space import hash_key, range_of


def pack_by_shard(keys, shards, most):
    packages = {}
    for place, key in enumerate(keys):
        home = next(shard["ShardId"] for shard in shards if hash_key(key) in range_of(shard))
        mine = packages.setdefault(home, [])
        if not mine or len(mine[-1]) == most:
            mine.append([])
        mine[-1].append(place)
    return packages
