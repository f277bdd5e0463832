def buffer_settings(rate_kib, fresh_seconds, file_mib):
    interval, size = min(fresh_seconds, 900), min(file_mib, 128)
    both = file_mib <= 128 and rate_kib * fresh_seconds >= file_mib * 1024
    return {"interval": interval, "size": size, "both": both}


given = variant("buffer_settings")
oldest_seconds = min(given["interval"], given["size"] * 1024 / given["rate_kib"])
