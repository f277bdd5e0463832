def totals(deliveries):
    table = {}
    for batch in deliveries:
        for event in batch:
            place = "{shard}/{sequence}/{sub}".format(**event)
            table.setdefault(event.get("id", place), event)
    result = {}
    for event in table.values():
        result[event["customer"]] = result.get(event["customer"], 0) + event["amount"]
    return result
