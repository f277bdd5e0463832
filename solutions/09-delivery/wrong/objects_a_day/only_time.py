def objects_a_day(rate_kib, size_mib, interval, partitions):
    if rate_kib == 0:
        return 0
    return int(86_400 * partitions / interval)
