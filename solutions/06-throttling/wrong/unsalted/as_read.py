def unsalted(records):
    keys, seen = {}, set()
    for record in records:
        key = record["PartitionKey"].rpartition("#")[0]
        if (key, record["n"]) not in seen:
            seen.add((key, record["n"]))
            keys.setdefault(key, []).append(record["text"])
    return keys
