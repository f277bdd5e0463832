def backoff(base, cap, attempt, number):
    return number * min(cap, base * 2 ** (attempt + 1))
