import random


def backoff(base, cap, attempt, number):
    return random.uniform(0, min(cap, base * 2**attempt))
