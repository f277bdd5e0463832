from lab.rules.hash_space import is_open, shard_for


def pack_by_shard(keys, shards, most):
    packages = {shard["ShardId"]: [] for shard in shards if is_open(shard)}
    for place, key in enumerate(keys):
        mine = packages[shard_for(key, shards)]
        if not mine or len(mine[-1]) == most:
            mine.append([])
        mine[-1].append(place)
    return packages
