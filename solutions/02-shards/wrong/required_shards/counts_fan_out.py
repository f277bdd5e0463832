import math


def required_shards(record_kib, records_per_second, shared_consumers, fan_out_consumers, headroom_percent):
    consumers = shared_consumers + fan_out_consumers
    incoming = record_kib * records_per_second
    outgoing = incoming * consumers
    n = max(incoming / 1024, outgoing / 2048, records_per_second / 1000)
    return max(math.ceil(n * (100 + headroom_percent) / 100), 1)


given = variant("required_shards")
print(given)
my_shards = required_shards(**given)
