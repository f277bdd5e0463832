def age_threshold(retention_hours, percent):
    return retention_hours * 60 * 60 * 500


my_alarm = "c"
