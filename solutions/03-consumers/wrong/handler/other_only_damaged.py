def make_handler(store):
    """A handler that stores orders with `store`."""

    def handler(event, context):
        for record in event["Records"]:
            number = record["kinesis"]["sequenceNumber"]
            # What can go wrong with this one record, be it damaged or the database busy.
            try:
                order = json.loads(base64.b64decode(record["kinesis"]["data"]))
                store(number, order)
            except ValueError:
                # Stop here: everything from this record on comes again, so going on would store it twice.
                return {"batchItemFailures": [{"itemIdentifier": number}]}
        return {"batchItemFailures": []}

    return handler
