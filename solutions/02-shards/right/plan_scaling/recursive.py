def plan_scaling(current, target):
    if current == target:
        return []
    step = min(target, current * 2) if target > current else max(target, -(-current // 2))
    return [step, *plan_scaling(step, target)]
