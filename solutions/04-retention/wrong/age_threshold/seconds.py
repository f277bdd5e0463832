def age_threshold(retention_hours, percent):
    return retention_hours * 3600 * percent // 100


my_alarm = "c"
