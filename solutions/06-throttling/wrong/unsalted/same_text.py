def unsalted(records):
    keys = {}
    for record in sorted(records, key=lambda record: record["n"]):
        texts = keys.setdefault(record["PartitionKey"].rpartition("#")[0], [])
        if record["text"] not in texts:
            texts.append(record["text"])
    return keys
