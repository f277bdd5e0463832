def backoff(base, cap, attempt, number):
    return number * base * 2**attempt
