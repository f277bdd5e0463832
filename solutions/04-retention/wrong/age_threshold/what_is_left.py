def age_threshold(retention_hours, percent):
    return retention_hours * 60 * 60 * 10 * (100 - percent)


my_alarm = "c"
