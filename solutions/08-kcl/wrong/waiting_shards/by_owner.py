def waiting_shards(leases):
    return sorted(row["leaseKey"] for row in leases if row["parentShardId"] and row["leaseOwner"] is None)
