def unsalted(records):
    keys = {}
    for record in sorted(records, key=lambda record: record["n"]):
        key = record["PartitionKey"].rpartition("#")[0]
        keys.setdefault(key, []).append(record["text"])
    return keys
