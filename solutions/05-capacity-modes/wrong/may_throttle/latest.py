def may_throttle(history, spike):
    if not history:
        return spike > 4
    latest = min(history)
    return spike > max(4, 2 * latest[1])
