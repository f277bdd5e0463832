on_error = "a"
more_throughput = "a"
