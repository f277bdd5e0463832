def drift(wanted, seen):
    rows = []
    for name, want in wanted.items():
        now = seen.get(name)
        if now is None:
            rows.append([name, None, None, None, "DELETED"])
            continue
        for key in ("shards", "retention"):
            if key in want and want[key] != now[key]:
                rows.append([name, key, want[key], now[key], "NOT_EQUAL"])
        if "tags" not in want:
            continue
        for tag in {*want["tags"], *now["tags"]}:
            ours, theirs = want["tags"].get(tag), now["tags"].get(tag)
            if ours == theirs or tag.startswith("aws:"):
                continue
            kind = "ADD" if tag not in want["tags"] else "NOT_EQUAL" if tag in now["tags"] else "REMOVE"
            rows.append([name, f"tag {tag}", ours, theirs, kind])
    return sorted(rows, key=lambda row: (row[0], row[1] or ""))
