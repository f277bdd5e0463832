def make_handler(store):
    def one(record):
        """Store one record; whatever it raises, it has failed."""
        text = base64.b64decode(record["kinesis"]["data"]).decode()
        store(record["kinesis"]["sequenceNumber"], json.loads(text))

    def handler(event, context):
        records = list(event["Records"])
        while records:
            try:
                one(records[0])
            except (ValueError, ConnectionError):
                number = records[0]["kinesis"]["sequenceNumber"]
                return {"batchItemFailures": [{"itemIdentifier": number}]}
            records.pop(0)
        return None

    return handler
