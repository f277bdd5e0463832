def may_throttle(history, spike):
    peak = max([4, *(rate for days_ago, rate in history if days_ago <= 30)])
    return spike > 2 * peak
