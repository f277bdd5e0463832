def drain_time(backlog_gib, write_mib, read_mib):
    left, hours = backlog_gib * 1024, 0
    if left and read_mib <= write_mib:
        return None
    while left > 0:
        left -= (read_mib - write_mib) * 3600
        hours += 1
    return hours
