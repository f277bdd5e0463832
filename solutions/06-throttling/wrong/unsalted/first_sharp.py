def unsalted(records):
    keys = {}
    for record in records:
        keys.setdefault(record["PartitionKey"].split("#")[0], {})[record["n"]] = record["text"]
    return {key: [texts[n] for n in sorted(texts)] for key, texts in keys.items()}
