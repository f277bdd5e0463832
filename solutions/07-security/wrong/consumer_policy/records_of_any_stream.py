def consumer_policy(stream_arn, key_arn):
    actions = ["kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:GetShardIterator"]
    statements = [
        {"Effect": "Allow", "Action": actions, "Resource": stream_arn},
        {"Effect": "Allow", "Action": "kinesis:GetRecords", "Resource": "*"},
    ]
    if key_arn:
        statements.append({"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key_arn})
    return {"Version": "2012-10-17", "Statement": statements}
