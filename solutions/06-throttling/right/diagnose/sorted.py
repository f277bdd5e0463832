def diagnose(shards, keys):
    answer = dict.fromkeys(("verdict", "shard", "key"))
    by_refusals = sorted(
        (load["WriteProvisionedThroughputExceeded"], shard) for shard, load in shards.items()
    )
    least, most = by_refusals[0][0], by_refusals[-1][0]
    if most == 0:
        answer["verdict"] = "healthy"
    elif least > 0:
        answer["verdict"] = "too small"
    else:
        answer["shard"] = by_refusals[-1][1]
        ranked = sorted(keys[answer["shard"]].items(), key=lambda item: -item[1])
        answer["verdict"] = "hot key" if ranked[0][1] > 60_000 else "hot shard"
        if answer["verdict"] == "hot key":
            answer["key"] = ranked[0][0]
    return answer
