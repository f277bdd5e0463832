def salted_key(key, n, salts):
    _, salt = divmod(n, salts)
    return "#".join((key, str(salt)))
