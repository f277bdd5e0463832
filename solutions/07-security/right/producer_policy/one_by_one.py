def producer_policy(stream_arn, key_arn):
    wanted = [("kinesis:PutRecord", stream_arn), ("kinesis:PutRecords", stream_arn)]
    if key_arn is not None:
        wanted.append(("kms:GenerateDataKey", key_arn))
    statements = []
    for number, (action, resource) in enumerate(wanted):
        statements.append({"Sid": f"s{number}", "Effect": "Allow", "Action": action, "Resource": [resource]})
    return {"Version": "2012-10-17", "Statement": statements}
