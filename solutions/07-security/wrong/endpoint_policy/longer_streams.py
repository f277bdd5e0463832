def endpoint_policy(stream_arn):
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "kinesis:*",
        "Resource": f"{stream_arn}*",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
