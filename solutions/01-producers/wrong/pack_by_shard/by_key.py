from lab.rules.hash_space import shard_for


def pack_by_shard(keys, shards, most):
    packages = {}
    for key in dict.fromkeys(keys):
        places = [place for place, one in enumerate(keys) if one == key]
        mine = packages.setdefault(shard_for(key, shards), [])
        mine += [places[start : start + most] for start in range(0, len(places), most)]
    return packages
