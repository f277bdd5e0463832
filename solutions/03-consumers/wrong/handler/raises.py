def make_handler(store):
    """A handler that stores orders with `store`."""

    def handler(event, context):
        for record in event["Records"]:
            number = record["kinesis"]["sequenceNumber"]
            # What can go wrong with this one record, be it damaged or the database busy.
            order = json.loads(base64.b64decode(record["kinesis"]["data"]))
            store(number, order)
        return {"batchItemFailures": []}

    return handler
