def objects_a_day(rate_kib, size_mib, interval, partitions):
    if rate_kib == 0:
        return 0
    seconds = max(interval, size_mib * 1024 * partitions / rate_kib)
    return int(86_400 * partitions / seconds)
