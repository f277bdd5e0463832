import hashlib


def pack_by_shard(keys, shards, most):
    at_home = {}
    for place, key in enumerate(keys):
        number = int(hashlib.md5(key.encode()).hexdigest(), 16)
        for shard in shards:
            limits = shard["HashKeyRange"]
            inside = int(limits["StartingHashKey"]) <= number <= int(limits["EndingHashKey"])
            if inside and "EndingSequenceNumber" not in shard["SequenceNumberRange"]:
                at_home.setdefault(shard["ShardId"], []).append(place)
    return {
        shard: [places[start : start + most] for start in range(0, len(places), most)]
        for shard, places in at_home.items()
    }
