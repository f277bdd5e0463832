scores, payments, thumbnails, orders, logs, fraud = "abcdef"
