def monthly_cost(mode, shards, million_records, gb_in, readers):
    gb_out = gb_in * readers
    if mode == "provisioned":
        return shards * 730 * 0.015 + million_records * 0.014
    if mode == "on-demand standard":
        return 730 * 0.04 + gb_in * 0.08 + gb_out * 0.04
    return max(gb_in, 67948) * 0.032 + max(gb_out, 67948) * 0.016
