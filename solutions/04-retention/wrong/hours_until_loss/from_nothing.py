def hours_until_loss(ages, retention_hours):
    growth = (ages[-1] - ages[0]) / (len(ages) - 1)
    return int(retention_hours * 60 / growth) if growth > 0 else None
