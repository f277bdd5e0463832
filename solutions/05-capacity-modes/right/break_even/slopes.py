def break_even(shard_hour, million_units, gb_in, gb_out, readers):
    full_hour = 1000 * 3600 / 1_000_000
    on_demand = full_hour * gb_in + full_hour * gb_out * readers
    provisioned = full_hour * million_units
    return shard_hour / (on_demand - provisioned)
