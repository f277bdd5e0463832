def hours_until_loss(ages, retention_hours):
    return max(0, (retention_hours * 60 - ages[-1]) // 60)
