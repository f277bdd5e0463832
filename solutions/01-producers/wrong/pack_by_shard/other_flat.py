from lab.rules.hash_space import shard_for


def pack_by_shard(keys, shards, most):
    packages = {}
    for place, key in enumerate(keys):
        packages.setdefault(shard_for(key, shards), []).append(place)
    return packages
