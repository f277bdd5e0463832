def stale_leases(before, after):
    old = {row["leaseKey"]: row for row in before}
    return sorted(
        key
        for key, row in ((r["leaseKey"], r) for r in after)
        if old[key]["leaseCounter"] == row["leaseCounter"]
    )
