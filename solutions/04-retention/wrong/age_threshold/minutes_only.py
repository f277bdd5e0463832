def age_threshold(retention_hours, percent):
    return retention_hours * 60 * 1000 * percent // 100


my_alarm = "c"
