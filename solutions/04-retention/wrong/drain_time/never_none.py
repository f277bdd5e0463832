def drain_time(backlog_gib, write_mib, read_mib):
    if read_mib == write_mib:
        return 0
    return -(-backlog_gib * 1024 // ((read_mib - write_mib) * 3600))
