def count_sending(events, event_bytes, events_per_record):
    full, rest = divmod(events, events_per_record)
    records = full + (rest > 0)
    units = full * -(-event_bytes * events_per_record // 25_000) + -(-event_bytes * rest // 25_000)
    return {"records": records, "calls": -(-events // 500), "units": units}


given = variant("count_sending")
my_units = count_sending(**given)["units"]
