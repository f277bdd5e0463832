def objects_a_day(rate_kib, size_mib, interval, partitions):
    by_size = size_mib * 1024 * partitions / rate_kib if rate_kib else interval
    return int(86_400 * partitions / min(interval, by_size))
