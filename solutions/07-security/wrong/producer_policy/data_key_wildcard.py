def producer_policy(stream_arn, key_arn):
    statements = [
        {"Effect": "Allow", "Action": ["kinesis:PutRecord", "kinesis:PutRecords"], "Resource": stream_arn}
    ]
    if key_arn:
        statements.append({"Effect": "Allow", "Action": "kms:GenerateDataKey*", "Resource": key_arn})
    return {"Version": "2012-10-17", "Statement": statements}
