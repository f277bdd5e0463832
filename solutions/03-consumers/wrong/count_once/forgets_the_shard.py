def totals(deliveries):
    """The sum of each customer's amounts, each event counted once."""
    sums, seen = {}, set()
    for batch in deliveries:
        for event in batch:
            # The producer's id is the same in all copies; a place names only what a consumer repeats.
            name = event.get("id") or (event["sequence"], event["sub"])
            if name not in seen:
                seen.add(name)
                sums[event["customer"]] = sums.get(event["customer"], 0) + event["amount"]
    return sums
