import math


def required_shards(record_kib, records_per_second, shared_consumers, fan_out_consumers, headroom_percent):
    write = record_kib * records_per_second
    read = write * shared_consumers
    need = max(write / 1024, read / 2048, records_per_second / 1000)
    return math.ceil(need * (100 + headroom_percent) / 100)


given = variant("required_shards")
print(given)
my_shards = required_shards(**given)
