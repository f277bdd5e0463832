def way_to_read(applications, kib, poll_ms, delay_ms):
    """Whether polling does it, how often a shard is read then, and how late records come."""
    reads = applications * 1000 / poll_ms
    return {"way": "shared", "reads": reads, "late_ms": poll_ms / 2}


given = variant("way_to_read")
# Each application calls once for each shard in every poll_ms; a minute has 60,000 milliseconds.
my_reads = given["applications"] * given["shards"] * 60_000 // given["poll_ms"]
