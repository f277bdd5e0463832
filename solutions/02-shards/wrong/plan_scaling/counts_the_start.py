def plan_scaling(current, target):
    plan = [current]
    while plan[-1] != target:
        now = plan[-1]
        if now < target:
            plan.append(min(now * 2, target))
        else:
            plan.append(max(-(-now // 2), target))
    return plan
