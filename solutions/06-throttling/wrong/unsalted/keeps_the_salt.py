def unsalted(records):
    keys = {}
    for record in records:
        keys.setdefault(record["PartitionKey"], {})[record["n"]] = record["text"]
    return {key: [texts[n] for n in sorted(texts)] for key, texts in keys.items()}
