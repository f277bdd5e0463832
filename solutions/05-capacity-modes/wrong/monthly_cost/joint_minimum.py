def monthly_cost(mode, shards, million_records, gb_in, readers):
    gb_out = gb_in * readers
    if mode == "provisioned":
        return shards * 720 * 0.015 + million_records * 0.014
    if mode == "on-demand standard":
        return 720 * 0.04 + gb_in * 0.08 + gb_out * 0.04
    short = max(0, 67948 - gb_in - gb_out)
    return (gb_in + short) * 0.032 + gb_out * 0.016
