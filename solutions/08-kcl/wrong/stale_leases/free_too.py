def stale_leases(before, after):
    old = {row["leaseKey"]: row for row in before}
    return sorted(
        row["leaseKey"]
        for row in after
        if row["leaseKey"] in old
        and old[row["leaseKey"]]["leaseCounter"] == row["leaseCounter"]
        and old[row["leaseKey"]]["leaseOwner"] == row["leaseOwner"]
        and row["checkpoint"] != "SHARD_END"
    )
