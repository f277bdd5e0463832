def objects_a_day(rate_kib, size_mib, interval, partitions):
    if rate_kib == 0:
        return 0
    seconds = min(interval, size_mib * 1024 / rate_kib)
    return int(86_400 / seconds)
