def plan_scaling(current, target):
    calls = []
    while current < target:
        current = min(current * 2, target)
        calls.append(current)
    while current > target:
        current = max(current // 2, target)
        calls.append(current)
    return calls
