import math
from decimal import Decimal


def retention_plan(outage_hours, margin_percent, shards, gb_per_day):
    hours = max(math.ceil(Decimal(outage_hours * (100 + margin_percent)) / 100), 24)
    bands = [("provisioned", Decimal("0.020"), None), ("on-demand standard", None, Decimal("0.10"))]
    best = None
    for mode, shard_hour, gigabyte in bands:
        cost = Decimal(0)
        if hours > 24 and shard_hour is not None:
            cost += shard_hour * shards * 30 * 24
        elif hours > 24:
            cost += gigabyte * gb_per_day * (min(hours, 7 * 24) - 24) / 24
        if hours > 7 * 24:
            cost += Decimal("0.023") * gb_per_day * (hours - 7 * 24) / 24
        if best is None or cost < best[1]:
            best = (mode, cost)
    return {"hours": hours, "mode": best[0], "dollars": round(float(best[1]), 2)}
