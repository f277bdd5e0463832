import math
from fractions import Fraction


def drain_time(backlog_gib, write_mib, read_mib):
    shrinks = read_mib - write_mib
    if not backlog_gib:
        return 0
    return math.ceil(Fraction(1024 * backlog_gib, 3600 * shrinks)) if shrinks > 0 else None
