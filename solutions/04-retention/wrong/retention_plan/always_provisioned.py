def retention_plan(outage_hours, margin_percent, shards, gb_per_day):
    hours = max(24, -(-outage_hours * (100 + margin_percent) // 100))
    dollars = 0.020 * shards * 720 if hours > 24 else 0
    dollars += 0.023 * gb_per_day * max(0, hours - 168) / 24
    return {"hours": hours, "mode": "provisioned", "dollars": dollars}
