def drift(wanted, seen):
    """Every difference between the files and what is there."""
    found = []
    for name in sorted(wanted):
        if name not in seen:
            found.append([name, None, None, None, "DELETED"])
            continue

        want = {key: wanted[name][key] for key in ("shards", "retention") if key in wanted[name]}
        now = {key: seen[name][key] for key in want}
        if "tags" in wanted[name]:
            want |= {f"tag {key}": value for key, value in wanted[name]["tags"].items()}
            now |= {
                f"tag {key}": value for key, value in seen[name]["tags"].items() if not key.startswith("aws:")
            }
        for key in sorted(want):
            if key not in now:
                found.append([name, key, want[key], None, "REMOVE"])
            elif key not in want:
                found.append([name, key, None, now[key], "ADD"])
            elif want[key] != now[key]:
                found.append([name, key, want[key], now[key], "NOT_EQUAL"])
    return found
