from lab.rules.hash_space import shard_for


def pack_by_shard(keys, shards, most):
    packages = {}
    for start in range(0, len(keys), most):
        places = list(range(start, min(start + most, len(keys))))
        packages.setdefault(shard_for(keys[start], shards), []).append(places)
    return packages
