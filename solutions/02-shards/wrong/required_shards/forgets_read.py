import math


def required_shards(record_kib, records_per_second, shared_consumers, fan_out_consumers, headroom_percent):
    by_size = record_kib * records_per_second / 1024
    by_count = records_per_second / 1000
    need = by_size if by_size > by_count else by_count
    need = need * (100 + headroom_percent) / 100
    return max(1, math.ceil(need))


given = variant("required_shards")
print(given)
my_shards = required_shards(**given)
