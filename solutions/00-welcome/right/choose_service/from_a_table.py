table = dict(zip(("scores", "payments", "thumbnails", "orders", "logs", "fraud"), "abcdef", strict=True))
scores, payments, thumbnails = table["scores"], table["payments"], table["thumbnails"]
orders, logs, fraud = table["orders"], table["logs"], table["fraud"]
