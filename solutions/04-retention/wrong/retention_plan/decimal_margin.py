import math


def retention_plan(outage_hours, margin_percent, shards, gb_per_day):
    hours = max(24, math.ceil(outage_hours * (1 + margin_percent / 100)))
    long_term = 0.023 * gb_per_day * max(0, hours - 168) / 24
    provisioned = on_demand = 0.0
    if hours > 24:
        provisioned = 0.020 * shards * 720 + long_term
        on_demand = 0.10 * gb_per_day * (min(hours, 168) - 24) / 24 + long_term
    if provisioned <= on_demand:
        return {"hours": hours, "mode": "provisioned", "dollars": provisioned}
    return {"hours": hours, "mode": "on-demand standard", "dollars": on_demand}
