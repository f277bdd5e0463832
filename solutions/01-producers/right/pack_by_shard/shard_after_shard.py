from lab.rules.hash_space import hash_key, is_open, range_of


def pack_by_shard(keys, shards, most):
    packages = {}
    for shard in filter(is_open, shards):
        mine = [place for place, key in enumerate(keys) if hash_key(key) in range_of(shard)]
        while mine:
            packages.setdefault(shard["ShardId"], []).append(mine[:most])
            mine = mine[most:]
    return packages
