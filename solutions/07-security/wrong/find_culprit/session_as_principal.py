def find_culprit(events, stream_arn):
    region, account, stream = stream_arn.split(":", 5)[3:]
    stream = stream.split("/")[-1]
    for event in events:
        if event["eventSource"] != "kinesis.amazonaws.com":
            continue
        if event["eventName"] != "DeleteStream":
            continue
        if "errorCode" in event:
            continue
        if event["awsRegion"] != region:
            continue
        if event["recipientAccountId"] != account:
            continue
        asked = event["requestParameters"]
        if (asked.get("streamName") or asked["streamARN"].split("/")[-1]) != stream:
            continue
        principal = event["userIdentity"]["arn"]
        return {"principal": principal, "time": event["eventTime"]}
    return None
