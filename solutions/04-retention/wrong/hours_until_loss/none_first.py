def hours_until_loss(ages, retention_hours):
    room = retention_hours * 60 - ages[-1]
    growth = (ages[-1] - ages[0]) / (len(ages) - 1)
    if growth <= 0:
        return None
    if room <= 0:
        return 0
    return int(room // growth)
