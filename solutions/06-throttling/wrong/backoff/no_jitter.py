def backoff(base, cap, attempt, number):
    return min(cap, base * 2**attempt)
