on_error = "B"
more_throughput = ["c"]
