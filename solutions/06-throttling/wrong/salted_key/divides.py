def salted_key(key, n, salts):
    return f"{key}#{n // salts}"
