def make_handler(store):
    """A handler that remembers what it has stored: until its process dies."""
    known = set()

    def handler(event, context):
        for record in event["Records"]:
            number = record["kinesis"]["sequenceNumber"]
            try:
                fact = json.loads(base64.b64decode(record["kinesis"]["data"]))
                if fact["id"] not in known:
                    store(number, fact)
                    known.add(fact["id"])
            except (ValueError, ConnectionError):
                return {"batchItemFailures": [{"itemIdentifier": number}]}
        return {"batchItemFailures": []}

    return handler
