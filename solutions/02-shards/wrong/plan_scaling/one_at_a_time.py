def plan_scaling(current, target):
    calls = []
    while current != target:
        current += 1 if current < target else -1
        calls.append(current)
    return calls
