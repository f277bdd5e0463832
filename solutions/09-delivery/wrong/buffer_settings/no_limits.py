def buffer_settings(rate_kib, fresh_seconds, file_mib):
    both = rate_kib * fresh_seconds >= file_mib * 1024
    return {"interval": fresh_seconds, "size": file_mib, "both": both}


given = variant("buffer_settings")
oldest_seconds = min(given["interval"], given["size"] * 1024 / given["rate_kib"])
