def stale_leases(before, after):
    held = {row["leaseKey"]: (row["leaseOwner"], row["leaseCounter"]) for row in before if row["leaseOwner"]}
    return [
        row["leaseKey"]
        for row in after
        if held.get(row["leaseKey"]) == (row["leaseOwner"], row["leaseCounter"])
        and row["checkpoint"] != "SHARD_END"
    ]
