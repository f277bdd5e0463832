def age_threshold(retention_hours, percent):
    return int(retention_hours * (percent / 100) * 3_600_000)


my_alarm = "c"
