import math


def required_shards(record_kib, records_per_second, shared_consumers, fan_out_consumers, headroom_percent):
    kilobits = record_kib * 8 * records_per_second
    write = kilobits / 1024
    read = kilobits * shared_consumers / 2048
    count = records_per_second / 1000
    need = max(write, read, count) * (100 + headroom_percent) / 100
    return max(1, math.ceil(need))


given = variant("required_shards")
print(given)
my_shards = required_shards(**given)
