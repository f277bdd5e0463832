first_step = "a"
alarm_on = ["b", "d"]
