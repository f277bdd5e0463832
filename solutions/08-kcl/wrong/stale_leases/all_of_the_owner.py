def stale_leases(before, after):
    old = {row["leaseKey"]: row for row in before}
    gone = {
        row["leaseOwner"]
        for row in after
        if row["leaseKey"] in old
        and row["leaseOwner"] is not None
        and row["checkpoint"] != "SHARD_END"
        and old[row["leaseKey"]]["leaseCounter"] == row["leaseCounter"]
        and old[row["leaseKey"]]["leaseOwner"] == row["leaseOwner"]
    }
    return sorted(row["leaseKey"] for row in after if row["leaseOwner"] in gone)
