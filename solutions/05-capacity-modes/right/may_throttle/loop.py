def may_throttle(history, spike):
    absorbs = 4
    for days_ago, rate in history:
        if days_ago > 30:
            continue
        absorbs = max(absorbs, rate + rate)
    return not spike <= absorbs
