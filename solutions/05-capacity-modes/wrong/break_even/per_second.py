def break_even(shard_hour, million_units, gb_in, gb_out, readers):
    return shard_hour / (gb_in + readers * gb_out - million_units)
