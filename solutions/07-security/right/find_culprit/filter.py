def is_it(event, stream_arn):
    asked = event["requestParameters"]
    _, _, _, region, account, resource = stream_arn.split(":")
    by_name = (
        asked.get("streamName") == resource.removeprefix("stream/")
        and event["awsRegion"] == region
        and event["recipientAccountId"] == account
    )
    return (
        event["eventSource"].startswith("kinesis.")
        and event["eventName"] == "DeleteStream"
        and not event.get("errorCode")
        and (by_name or asked.get("streamARN") == stream_arn)
    )


def find_culprit(events, stream_arn):
    (event,) = [event for event in events if is_it(event, stream_arn)]
    who = event["userIdentity"]
    issuer = who.get("sessionContext", {}).get("sessionIssuer", {})
    return {"principal": issuer.get("arn", who["arn"]), "time": event["eventTime"]}
