def stale_leases(before, after):
    known = {(r["leaseKey"], r["leaseOwner"], r["leaseCounter"]) for r in before}
    return sorted(
        r["leaseKey"]
        for r in after
        if r["leaseOwner"] and r["checkpoint"] != "SHARD_END"
        if (r["leaseKey"], r["leaseOwner"], r["leaseCounter"]) in known
    )
