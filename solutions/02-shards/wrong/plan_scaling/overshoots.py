def plan_scaling(current, target):
    calls = []
    if target > current:
        while current < target:
            current = current * 2
            calls.append(current)
    else:
        while current > target:
            current = (current + 1) // 2
            calls.append(current)
    return calls
