def plan_scaling(current, target):
    calls = []
    while current < target:
        current = min(2 * current, target)
        calls.append(current)
    return calls
