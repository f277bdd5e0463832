def buffer_settings(rate_kib, fresh_seconds, file_mib):
    return {"interval": min(fresh_seconds, 900), "size": min(file_mib, 128), "both": True}


given = variant("buffer_settings")
oldest_seconds = min(given["interval"], given["size"] * 1024 / given["rate_kib"])
