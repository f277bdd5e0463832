import math


def required_shards(record_kib, records_per_second, shared_consumers, fan_out_consumers, headroom_percent):
    write_kib = record_kib * records_per_second
    read_kib = write_kib * shared_consumers
    needs = [write_kib / 1024, read_kib / 2048, records_per_second / 1000]
    return max(1, math.ceil(max(needs) * (100 + headroom_percent) / 100))


given = variant("required_shards")
print(given)
my_shards = required_shards(**given)
