my_setting = "c"
my_metric = "d"
