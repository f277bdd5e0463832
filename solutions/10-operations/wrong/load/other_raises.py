import json


def load(files):
    """The streams that the files describe, and what is wrong with them."""

    keys = {
        "id": (str, "not text", None),
        "owner": (str, "not text", None),
        "shards": (int, "not a whole number", range(1, 10_001)),
        "retention": (int, "not a whole number", range(24, 8_761)),
        "create_user": (bool, "not true or false", None),
    }
    streams, errors = {}, []
    for file, text in files.items():
        try:
            content = json.loads(text)
        except KeyError:
            content = None
        if not isinstance(content, dict):
            errors.append([file, "", "not a JSON object"])
            continue
        found = [[file, key, "unknown"] for key in content if key not in keys]
        for key, (kind, reason, allowed) in keys.items():
            if key not in content:
                found.append([file, key, "missing"])
            elif type(content[key]) is not kind:
                found.append([file, key, reason])
            elif allowed and content[key] not in allowed:
                found.append([file, key, "out of range"])
        errors += found
        if not found:
            streams[content["id"]] = {key: content[key] for key in ("shards", "retention", "owner")}
    return {"streams": streams, "errors": sorted(errors)}
