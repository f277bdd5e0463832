settings = {"missing": "a", "ignore": "b", "notBreaching": "c", "breaching": "d"}
my_setting = settings["breaching"]
my_metric = "b"
