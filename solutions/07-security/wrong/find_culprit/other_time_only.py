def find_culprit(events, stream_arn):
    deleted = [event for event in events if event["eventName"] == "DeleteStream"]
    return max(event["eventTime"] for event in deleted)
