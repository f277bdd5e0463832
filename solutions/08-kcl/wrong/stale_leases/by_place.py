def stale_leases(before, after):
    stale = []
    for old, row in zip(before, after, strict=False):
        if row["leaseOwner"] is None or row["checkpoint"] == "SHARD_END":
            continue
        if (old["leaseOwner"], old["leaseCounter"]) == (row["leaseOwner"], row["leaseCounter"]):
            stale.append(row["leaseKey"])
    return sorted(stale)
