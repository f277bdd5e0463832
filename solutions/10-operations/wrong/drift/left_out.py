def drift(wanted, seen):
    found = []
    for name in sorted(wanted):
        if name not in seen:
            found.append([name, None, None, None, "DELETED"])
            continue
        want, now = flat(wanted[name]), flat(seen[name])
        for key in sorted(want.keys() | now.keys()):
            if key not in now:
                found.append([name, key, want[key], None, "REMOVE"])
            elif key not in want:
                found.append([name, key, None, now[key], "ADD"])
            elif want[key] != now[key]:
                found.append([name, key, want[key], now[key], "NOT_EQUAL"])
    return found


def flat(stream):
    plain = {key: stream[key] for key in ("shards", "retention") if key in stream}
    tags = stream.get("tags", {}).items()
    return plain | {f"tag {key}": value for key, value in tags if not key.startswith("aws:")}
