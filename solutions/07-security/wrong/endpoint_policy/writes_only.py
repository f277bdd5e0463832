def endpoint_policy(stream_arn):
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": ["kinesis:PutRecord", "kinesis:PutRecords"],
        "Resource": [stream_arn, f"{stream_arn}/consumer/*"],
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
