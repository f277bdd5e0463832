LIMIT = 10 * 2**20


def weight_of(record):
    data_bytes, key = record
    return data_bytes + len(bytes(key, "utf-8"))


def calls(places, weights):
    while places:
        taken, total = 0, 0
        while taken < min(500, len(places)) and total + weights[places[taken]] <= LIMIT:
            total += weights[places[taken]]
            taken += 1
        yield places[:taken]
        places = places[taken:]


def cut_batches(records, record_limit_kib):
    weights = [weight_of(record) for record in records]
    fits = [weight <= record_limit_kib * 2**10 for weight in weights]
    small = [place for place, small in enumerate(fits) if small]
    return {
        "batches": list(calls(small, weights)),
        "too_large": [place for place, small in enumerate(fits) if not small],
    }
