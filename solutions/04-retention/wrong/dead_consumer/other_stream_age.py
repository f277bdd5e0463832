my_setting = "d"
my_metric = "a"
