def may_throttle(history, spike):
    return spike > max(4, 2 * max([rate for _, rate in history], default=0))
