import math


def count_sending(events, event_bytes, events_per_record):
    records = math.ceil(events / events_per_record)
    units = 0
    for number in range(records):
        inside = min(events_per_record, events - number * events_per_record)
        units += max(1, math.ceil(inside * event_bytes / 25_000))
    return {"records": records, "calls": math.ceil(records / 500), "units": units}


given = variant("count_sending")
my_units = count_sending(given["events"], given["event_bytes"], given["events_per_record"])["units"]
