from fractions import Fraction


def required_shards(record_kib, records_per_second, shared_consumers, fan_out_consumers, headroom_percent):
    factor = Fraction(100 + headroom_percent, 100)
    written = Fraction(record_kib) * records_per_second * factor
    shards = 1
    while (
        written > shards * 1024
        or written * shared_consumers > shards * 2048
        or records_per_second * factor > shards * 1000
    ):
        shards += 1
    return shards


given = variant("required_shards")
print(given)
my_shards = required_shards(**given)
