first_step = "c"
alarm_on = ["a", "b"]
