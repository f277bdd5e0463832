def unsalted(records):
    keys = {}
    for record in records:
        key = record["PartitionKey"].rpartition("#")[0]
        keys.setdefault(key, {})[str(record["n"])] = record["text"]
    return {key: [texts[n] for n in sorted(texts)] for key, texts in keys.items()}
