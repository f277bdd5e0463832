def make_handler(store):
    def handler(event, context):
        numbers = [record["kinesis"]["sequenceNumber"] for record in event["Records"]]
        done = 0
        try:
            for record in event["Records"]:
                store(numbers[done], json.loads(base64.b64decode(record["kinesis"]["data"])))
                done += 1
        except (json.JSONDecodeError, ConnectionError):
            pass
        # All that is left: the lowest of them counts.
        return {"batchItemFailures": [{"itemIdentifier": number} for number in numbers[done:]]}

    return handler
