def make_handler(store):
    """A handler that goes on behind the record that failed."""

    def handler(event, context):
        failed = []
        for record in event["Records"]:
            try:
                fact = json.loads(base64.b64decode(record["kinesis"]["data"]))
                store(fact["id"], fact)
            except (ValueError, ConnectionError):
                failed.append({"itemIdentifier": record["kinesis"]["sequenceNumber"]})
        return {"batchItemFailures": failed}

    return handler
