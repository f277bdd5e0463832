from math import ceil


def required_shards(record_kib, records_per_second, shared_consumers, fan_out_consumers, headroom_percent):
    write = record_kib * records_per_second / 1024
    read = record_kib * records_per_second * shared_consumers / 2048
    count = records_per_second / 1000
    total = (write + read + count) * (100 + headroom_percent) / 100
    return max(1, ceil(total))


given = variant("required_shards")
print(given)
my_shards = required_shards(**given)
