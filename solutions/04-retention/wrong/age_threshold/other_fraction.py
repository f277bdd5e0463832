def age_threshold(retention_hours, percent):
    return retention_hours * 3_600_000 * percent


my_alarm = "a"
