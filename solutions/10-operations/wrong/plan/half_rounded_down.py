def plan(wanted, seen):
    """The steps from what is seen to what is wanted; nothing is called."""
    steps = []
    for name in sorted(wanted.keys() | seen.keys()):
        if name not in wanted:
            steps.append(["foreign", name, None])
        elif name not in seen:
            steps.append(["create", name, wanted[name]["shards"]])
            if wanted[name]["retention"] != 24:
                steps.append(["retention", name, wanted[name]["retention"]])
        else:
            steps += _steps_of(name, wanted[name], seen[name])
    return steps


def _steps_of(name, want, now):
    counts, shards = [], now["shards"]
    while shards != want["shards"]:
        shards = (
            min(want["shards"], 2 * shards) if shards < want["shards"] else max(want["shards"], shards // 2)
        )
        counts.append(shards)
    steps = [["scale", name, count] for count in counts]
    if want["retention"] != now["retention"]:
        steps.append(["retention", name, want["retention"]])
    if want["owner"] != now["owner"]:
        steps.append(["tag", name, want["owner"]])
    if steps and not now["ours"]:
        return [["refused", name, "not ours"]]
    if counts and now["mode"] == "ON_DEMAND":
        return [["refused", name, "on-demand"]]
    if counts and now["updates"] + len(counts) > 10:
        return [["refused", name, "too many updates"]]
    if want["retention"] < now["retention"] and not want["may_lose"]:
        return [["refused", name, "loses records"]]
    return steps
