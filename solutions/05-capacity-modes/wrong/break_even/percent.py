def break_even(shard_hour, million_units, gb_in, gb_out, readers):
    return 100 * shard_hour / (3.6 * (gb_in + readers * gb_out - million_units))
