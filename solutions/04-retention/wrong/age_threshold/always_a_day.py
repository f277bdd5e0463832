def age_threshold(retention_hours, percent):
    return 24 * 60 * 60 * 1000 * percent // 100


my_alarm = "c"
