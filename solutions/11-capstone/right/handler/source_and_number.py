def make_handler(store):
    """A handler whose rows are named by source and number, which an event keeps as well."""

    def handler(event, context):
        failures = []
        for record in event["Records"]:
            try:
                fact = json.loads(base64.b64decode(record["kinesis"]["data"]))
                store(f"{fact['source']}/{fact['n']}", fact)
            except (ValueError, KeyError, ConnectionError):
                failures.append({"itemIdentifier": record["kinesis"]["sequenceNumber"]})
                break
        return {"batchItemFailures": failures}

    return handler
