def backoff(base, cap, attempt, number):
    limit = min(cap, base * 2**attempt)
    return limit / 2 + number * limit / 2
