def way_to_read(applications, kib, poll_ms, delay_ms):
    fan_out = {"way": "fan-out", "reads": 0, "late_ms": 70}
    reads = applications * (1000 / poll_ms)
    if reads > 5:
        return fan_out
    if applications * kib > 2 * 1024:
        return fan_out
    if poll_ms > 2 * delay_ms:
        return fan_out
    return {"way": "shared", "reads": reads, "late_ms": poll_ms * 0.5}


given = variant("way_to_read")
my_reads = round(60 * 1000 / given["poll_ms"] * given["applications"] * given["shards"])
