def stale_leases(before, after):
    found = []
    for new in after:
        for old in before:
            same = all(old[name] == new[name] for name in ("leaseKey", "leaseOwner", "leaseCounter"))
            if same and new["leaseOwner"] is not None and new["checkpoint"] != "SHARD_END":
                found.append(new["leaseKey"])
    found.sort()
    return found
