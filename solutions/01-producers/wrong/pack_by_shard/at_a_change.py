from lab.rules.hash_space import shard_for


def pack_by_shard(keys, shards, most):
    packages, last = {}, None
    for place, key in enumerate(keys):
        home = shard_for(key, shards)
        mine = packages.setdefault(home, [])
        if home != last or len(mine[-1]) == most:
            mine.append([])
        mine[-1].append(place)
        last = home
    return packages
