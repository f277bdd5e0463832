def hours_until_loss(ages, retention_hours):
    growth = (ages[-1] - ages[0]) / (len(ages) - 1)
    if growth <= 0:
        return None
    return int((retention_hours * 60 - ages[-1]) // growth)
