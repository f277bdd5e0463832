import math


def counts(now, target):
    if now == target:
        return []
    if target > now:
        after = target if target <= now * 2 else now * 2
    else:
        after = target if target >= now / 2 else math.ceil(now / 2)
    return [after, *counts(after, target)]


def plan(wanted, seen):
    steps = []
    for name in sorted(set(wanted) | set(seen)):
        want, now = wanted.get(name), seen.get(name)
        if want is None:
            steps += [["foreign", name, None]]
        elif now is None:
            steps += [["create", name, want["shards"]]]
            steps += [["retention", name, want["retention"]]] if want["retention"] > 24 else []
        else:
            steps += both(name, want, now)
    return steps


def both(name, want, now):
    updates = counts(now["shards"], want["shards"])
    same = not updates and all(want[key] == now[key] for key in ("retention", "owner"))
    if same:
        return []
    rules = [
        ("not ours", not now["ours"]),
        ("on-demand", updates and now["mode"] == "ON_DEMAND"),
        ("too many updates", updates and now["updates"] + len(updates) > 10),
        ("loses records", want["retention"] < now["retention"] and not want["may_lose"]),
    ]
    for rule, fits in rules:
        if fits:
            return [["refused", name, rule]]
    steps = [["scale", name, count] for count in updates]
    if want["retention"] != now["retention"]:
        steps.append(["retention", name, want["retention"]])
    if want["owner"] != now["owner"]:
        steps.append(["tag", name, want["owner"]])
    return steps
