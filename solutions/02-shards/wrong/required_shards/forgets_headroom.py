from math import ceil


def required_shards(record_kib, records_per_second, shared_consumers, fan_out_consumers, headroom_percent):
    write = record_kib * records_per_second / 1024
    read = record_kib * records_per_second * shared_consumers / 2048
    return max(1, ceil(write), ceil(read), ceil(records_per_second / 1000))


given = variant("required_shards")
print(given)
my_shards = required_shards(**given)
