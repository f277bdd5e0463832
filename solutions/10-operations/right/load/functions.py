import json

WORDS = {"id": "not text", "owner": "not text"}
NUMBERS = {"shards": (1, 10_000), "retention": (24, 8_760)}
KEYS = ["id", "owner", "shards", "retention", "create_user"]


def reason(key, value):
    if key in WORDS:
        return "" if isinstance(value, str) else WORDS[key]
    if key == "create_user":
        return "" if value is True or value is False else "not true or false"
    if isinstance(value, bool) or not isinstance(value, int):
        return "not a whole number"
    low, high = NUMBERS[key]
    return "" if low <= value <= high else "out of range"


def load(files):
    answer = {"streams": {}, "errors": []}
    for file in sorted(files):
        try:
            content = json.loads(files[file])
            content.keys()
        except (ValueError, AttributeError):
            answer["errors"].append([file, "", "not a JSON object"])
            continue
        wrong = {key: "missing" for key in KEYS if key not in content}
        wrong |= {key: "unknown" for key in content if key not in KEYS}
        wrong |= {key: reason(key, content[key]) for key in KEYS if key in content}
        wrong = {key: words for key, words in wrong.items() if words}
        answer["errors"] += [[file, key, wrong[key]] for key in sorted(wrong)]
        if not wrong:
            kept = ("shards", "retention", "owner")
            answer["streams"][content["id"]] = {key: content[key] for key in kept}
    return answer
