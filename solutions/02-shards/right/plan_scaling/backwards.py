def plan_scaling(current, target):
    # From the target back: the count before a call is between half of and double the count after.
    calls = []
    while target != current:
        calls.insert(0, target)
        target = max(current, (target + 1) // 2) if target > current else min(current, target * 2)
    return calls
