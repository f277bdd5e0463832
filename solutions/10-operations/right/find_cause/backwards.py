from itertools import takewhile


def refused_by(minute):
    return {shard for shard, count in minute["refused"].items() if count > 0}


def find_cause(stream, minutes, trail, retention):
    end = minutes[-1]
    if end["age"] is None:
        cause, remedy, call = "dead consumer", "start the consumer", None
        holds = [minute["age"] is None for minute in minutes]
    elif end["written"] == 0:
        cause, remedy, call = "policy change", "put the policy back", "PutRolePolicy"
        holds = [not minute["written"] for minute in minutes]
    elif end["age"] >= retention / 2:
        cause, remedy = "retention too short", "raise the retention"
        call = "DecreaseStreamRetentionPeriod"
        holds = [minute["age"] is not None and minute["age"] >= retention / 2 for minute in minutes]
    else:
        cause, remedy, call = "hot key", "change the key", None
        holds = [refused_by(minute) == refused_by(end) for minute in minutes]
    since = len(minutes) - len(list(takewhile(bool, reversed(holds))))
    by = None
    for event in trail:
        if (event["name"], event["about"]) == (call, stream) and not event["error"]:
            by = event["by"] if event["minute"] <= since else by
    return {"cause": cause, "remedy": remedy, "since": since, "by": by}
