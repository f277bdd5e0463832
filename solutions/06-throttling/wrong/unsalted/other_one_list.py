def unsalted(records):
    texts = {record["n"]: record["text"] for record in records}
    return [texts[n] for n in sorted(texts)]
