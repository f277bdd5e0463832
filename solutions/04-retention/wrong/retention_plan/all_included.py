def retention_plan(outage_hours, margin_percent, shards, gb_per_day):
    hours = max(24, -(-outage_hours * (100 + margin_percent) // 100))
    return {"hours": hours, "mode": "provisioned", "dollars": 0}
