import math


def required_shards(record_kib, records_per_second, shared_consumers, fan_out_consumers, headroom_percent):
    consumers = shared_consumers + fan_out_consumers
    incoming = record_kib * records_per_second
    outgoing = incoming * consumers
    factor = (100 + headroom_percent) / 100
    n = max(incoming / 1024, outgoing / 2048, records_per_second / 1000) * factor
    return max(math.ceil(n), 1)


given = variant("required_shards")
print(given)
my_shards = required_shards(**given)
