my_metric, my_setting = "b", "d"
