def totals(deliveries):
    """The sum of each customer's amounts."""
    sums = {}
    for batch in deliveries:
        for event in batch:
            sums[event["customer"]] = sums.get(event["customer"], 0) + event["amount"]
    return sums
