from datetime import timedelta


def age_threshold(retention_hours, percent):
    return timedelta(hours=retention_hours) * percent // 100 // timedelta(milliseconds=1)


my_alarm = "c"
