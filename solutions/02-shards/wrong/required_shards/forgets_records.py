import math


def required_shards(record_kib, records_per_second, shared_consumers, fan_out_consumers, headroom_percent):
    # a shard takes 1 MiB/s and gives 2 MiB/s
    write = record_kib * records_per_second
    read = write * shared_consumers
    shards = max(write / 1024, read / 2048)
    return max(1, math.ceil(shards * (100 + headroom_percent) / 100))


given = variant("required_shards")
print(given)
my_shards = required_shards(**given)
