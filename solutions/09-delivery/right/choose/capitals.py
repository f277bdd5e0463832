service_files = "A"
service_replay = ["b"]
service_state = "C"
service_kafka = "c"
service_jobs = "b"
service_format = "a"
