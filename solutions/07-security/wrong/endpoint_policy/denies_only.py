def endpoint_policy(stream_arn):
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "kinesis:*",
        "NotResource": [stream_arn, f"{stream_arn}/consumer/*"],
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
