def size_stream(curve, event_kib, readers, headroom_percent, outage_hours):
    """Shards, who reads by fan-out, and hours of retention."""
    fast = sorted(reader["name"] for reader in readers if reader["within_ms"] < 200)
    rate = sum(curve) / len(curve) / 60
    written = rate * event_kib
    # Who has fan-out reads for itself; the others share what a shard gives.
    need = max(written / 1024, rate / 1000, written * (len(readers) - len(fast)) / 2048)
    return {
        "shards": max(1, math.ceil(need * (100 + headroom_percent) / 100)),
        "fan_out": fast,
        "retention": max(24, 2 * outage_hours),
    }
