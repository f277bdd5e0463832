def may_throttle(history, spike):
    recent = [rate for days_ago, rate in history if days_ago <= 30]
    return spike <= max(4, 2 * max(recent, default=0))
