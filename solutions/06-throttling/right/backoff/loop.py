def backoff(base, cap, attempt, number):
    limit = base
    for _ in range(attempt):
        limit *= 2
        if limit > cap:
            break
    return (limit if limit < cap else cap) * number
