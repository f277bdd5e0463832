def size_stream(curve, event_kib, readers, headroom_percent, outage_hours):
    """Shards, who reads by fan-out, and hours of retention; in whole numbers."""
    fast = [reader["name"] for reader in readers if reader["within_ms"] < 200]
    # Everything times 60 minutes, 4 quarters of a KiB and 100 percent.
    written = max(curve) * round(4 * event_kib) * (100 + headroom_percent)
    needs = (
        (written, 60 * 4 * 1024 * 100),
        (max(curve) * (100 + headroom_percent), 60 * 1000 * 100),
        (written * (len(readers) - len(fast)), 60 * 4 * 2048 * 100),
    )
    shards = max(-(-amount // limit) for amount, limit in needs)
    hours = outage_hours * 2 if outage_hours > 12 else 24
    return {"shards": max(1, shards), "fan_out": sorted(fast), "retention": hours}
