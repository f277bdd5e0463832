my_setting = "a"
my_metric = "b"
