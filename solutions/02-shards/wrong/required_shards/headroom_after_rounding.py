import math


def required_shards(record_kib, records_per_second, shared_consumers, fan_out_consumers, headroom_percent):
    written = record_kib * records_per_second
    shards = max(
        1,
        math.ceil(written / 1024),
        math.ceil(written * shared_consumers / 2048),
        math.ceil(records_per_second / 1000),
    )
    return math.ceil(shards * (100 + headroom_percent) / 100)


given = variant("required_shards")
print(given)
my_shards = required_shards(**given)
