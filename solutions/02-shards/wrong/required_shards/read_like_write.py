import math


def required_shards(record_kib, records_per_second, shared_consumers, fan_out_consumers, headroom_percent):
    written = record_kib * records_per_second
    read = written * shared_consumers
    busiest = max(written, read)
    need = max(busiest / 1024, records_per_second / 1000)
    return max(1, math.ceil(need * (100 + headroom_percent) / 100))


given = variant("required_shards")
print(given)
my_shards = required_shards(**given)
