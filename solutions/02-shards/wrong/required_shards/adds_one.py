def required_shards(record_kib, records_per_second, shared_consumers, fan_out_consumers, headroom_percent):
    write_kib = record_kib * records_per_second
    needs = [write_kib / 1024, write_kib * shared_consumers / 2048, records_per_second / 1000]
    need = max(needs) * (100 + headroom_percent) / 100
    # int() cuts off, so one more
    return int(need) + 1


given = variant("required_shards")
print(given)
my_shards = required_shards(**given)
