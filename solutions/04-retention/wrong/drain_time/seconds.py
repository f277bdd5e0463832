def drain_time(backlog_gib, write_mib, read_mib):
    if backlog_gib == 0:
        return 0
    if read_mib <= write_mib:
        return None
    return -(-backlog_gib * 1024 // (read_mib - write_mib))
