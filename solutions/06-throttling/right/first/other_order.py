alarm_on = ["d", "b"]
first_step = "c"
