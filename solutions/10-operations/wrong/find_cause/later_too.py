def find_cause(stream, minutes, trail, retention):
    """What is wrong, since when, who did it, and what helps."""

    def refusing(minute):
        return [shard for shard, count in minute["refused"].items() if count]

    last = refusing(minutes[-1])
    signs = {
        "hot key": lambda minute: len(last) == 1 and refusing(minute) == last,
        "dead consumer": lambda minute: minute["age"] is None,
        "policy change": lambda minute: minute["written"] == 0,
        "retention too short": lambda minute: minute["age"] is not None and 2 * minute["age"] >= retention,
    }
    cause = next(name for name, holds in signs.items() if holds(minutes[-1]))
    since = len(minutes) - 1
    while since > 0 and signs[cause](minutes[since - 1]):
        since -= 1
    remedies = {
        "hot key": ("change the key", None),
        "dead consumer": ("start the consumer", None),
        "policy change": ("put the policy back", "PutRolePolicy"),
        "retention too short": ("raise the retention", "DecreaseStreamRetentionPeriod"),
    }
    remedy, call = remedies[cause]
    makers = [
        event["by"]
        for event in trail
        if event["name"] == call and event["about"] == stream and event["error"] is None
    ]
    return {"cause": cause, "remedy": remedy, "since": since, "by": makers[-1] if makers else None}
