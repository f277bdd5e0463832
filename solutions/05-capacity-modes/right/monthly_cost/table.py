TABLE = {
    "provisioned": (0.015, 0.014, 0, 0, 0),
    "on-demand standard": (0.04, 0, 0.08, 0.04, 0),
    "on-demand advantage": (0, 0, 0.032, 0.016, 67948),
}


def monthly_cost(mode, shards, million_records, gb_in, readers):
    an_hour, a_million, an_in, an_out, least = TABLE[mode]
    hours = 24 * 30 * (shards if mode == "provisioned" else 1)
    billed_in, billed_out = max(least, gb_in), max(least, gb_in * readers)
    return sum((hours * an_hour, million_records * a_million, billed_in * an_in, billed_out * an_out))
