def cut_batches(records, record_limit_kib):
    batches, too_large, batch, total = [], [], [], 0
    for place, (data_bytes, _key) in enumerate(records):
        weight = data_bytes
        if weight > record_limit_kib * 1024:
            too_large.append(place)
            continue
        if batch and (len(batch) == 500 or total + weight > 10 * 1024 * 1024):
            batches.append(batch)
            batch, total = [], 0
        batch.append(place)
        total += weight
    if batch:
        batches.append(batch)
    return {"batches": batches, "too_large": too_large}
