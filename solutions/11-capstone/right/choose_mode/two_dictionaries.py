def choose_mode(hours, shards, million_units, gb_in, polling, fan_out, peak_mb, peak_records, budget):
    """The cheapest of the modes that take the peak."""
    costs = {"PROVISIONED": 0.0}
    for dollars in (0.015 * shards * hours, 0.014 * million_units):
        costs["PROVISIONED"] += dollars
    for _ in range(fan_out):
        costs["PROVISIONED"] += 0.015 * shards * hours + 0.013 * gb_in
    if not (peak_mb > 4 or peak_records > 4000):
        prices = [0.08] + [0.04] * polling + [0.05] * fan_out
        costs["ON_DEMAND"] = 0.04 * hours + sum(price * gb_in for price in prices)
    mode = min(costs, key=costs.get)
    return {"mode": mode, "dollars": costs[mode], "within": not costs[mode] > budget}
