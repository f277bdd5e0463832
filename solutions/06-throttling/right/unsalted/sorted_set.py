def unsalted(records):
    events = {
        (record["PartitionKey"][: record["PartitionKey"].rindex("#")], record["n"], record["text"])
        for record in records
    }
    answer = {}
    for key, _, text in sorted(events):
        answer.setdefault(key, []).append(text)
    return answer
