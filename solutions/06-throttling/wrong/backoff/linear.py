def backoff(base, cap, attempt, number):
    return number * min(cap, base * (attempt + 1))
