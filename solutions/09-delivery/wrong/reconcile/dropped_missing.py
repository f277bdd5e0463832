def reconcile(sent, files, errors, dropped):
    ids = [json.loads(line)["id"] for text in files for line in text.splitlines()]
    broken, unreadable = set(), 0
    for text in errors:
        for line in text.splitlines():
            try:
                broken.add(json.loads(base64.b64decode(json.loads(line)["rawData"]))["id"])
            except ValueError:
                unreadable += 1
    told = {"delivered": [], "twice": [], "failed": [], "dropped": [], "missing": []}
    for one in sorted(set(sent)):
        if one in ids:
            told["delivered"].append(one)
            if ids.count(one) > 1:
                told["twice"].append(one)
        elif one in broken:
            told["failed"].append(one)
        elif one in dropped:
            told["missing"].append(one)
        else:
            told["missing"].append(one)
    return {**told, "unreadable": unreadable}
