import random


def salted_key(key, n, salts):
    return f"{key}#{random.randrange(salts)}"
