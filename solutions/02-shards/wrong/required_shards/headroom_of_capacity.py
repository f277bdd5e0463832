import math


def required_shards(record_kib, records_per_second, shared_consumers, fan_out_consumers, headroom_percent):
    usable = 1 - headroom_percent / 100  # this part of each shard may be used
    kib = record_kib * records_per_second
    need = max(kib / 1024, kib * shared_consumers / 2048, records_per_second / 1000)
    return max(1, math.ceil(need / usable))


given = variant("required_shards")
print(given)
my_shards = required_shards(**given)
