import math


def required_shards(
    record_kib,
    records_per_second,
    shared_consumers,
    fan_out_consumers,
    headroom_percent,
):
    """How many shards the workload needs."""
    written = record_kib * records_per_second
    need = max(written / 1024, written * shared_consumers / 2048, records_per_second / 1000)
    return max(1, math.ceil(need * (1 + headroom_percent / 100)))


given = variant("required_shards")
print(given)
my_shards = required_shards(**given)
