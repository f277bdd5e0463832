def plan_scaling(current, target):
    if current == target:
        return []
    return [target]
