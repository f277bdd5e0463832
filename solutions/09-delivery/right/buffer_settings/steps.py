def buffer_settings(rate_kib, fresh_seconds, file_mib):
    interval = fresh_seconds if fresh_seconds < 900 else 900
    kib_in_time = rate_kib * interval
    enough = kib_in_time / 1024 >= file_mib
    return {"both": enough and file_mib <= 128, "size": min(128, file_mib), "interval": interval}


given = variant("buffer_settings")
by_size = given["size"] * 1024 / given["rate_kib"]
oldest_seconds = round(by_size, 2) if by_size < given["interval"] else given["interval"]
