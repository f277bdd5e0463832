def required_shards(record_kib, records_per_second, shared_consumers, fan_out_consumers, headroom_percent):
    # every consumer gets 2 MiB/s, so one reader decides
    write = record_kib * records_per_second
    need = max(write / 1024, write / 2048 * (shared_consumers > 0), records_per_second / 1000)
    need = need * (100 + headroom_percent) / 100
    return max(1, round(need))


given = variant("required_shards")
print(given)
my_shards = required_shards(**given)
