def backoff(base, cap, attempt, number):
    return min(cap, number * base * 2**attempt)
