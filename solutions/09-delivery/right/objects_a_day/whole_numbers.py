def objects_a_day(rate_kib, size_mib, interval, partitions):
    if not rate_kib:
        return 0
    return max(86_400 * partitions // interval, 86_400 * rate_kib // (size_mib * 1024))
