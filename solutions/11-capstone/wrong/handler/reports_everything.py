def make_handler(store):
    """A handler that reports the batch's first record."""

    def handler(event, context):
        for record in event["Records"]:
            try:
                fact = json.loads(base64.b64decode(record["kinesis"]["data"]))
                store(fact["id"], fact)
            except (ValueError, ConnectionError):
                number = event["Records"][0]["kinesis"]["sequenceNumber"]
                return {"batchItemFailures": [{"itemIdentifier": number}]}
        return {"batchItemFailures": []}

    return handler
