def producer_policy(stream_arn, key_arn):
    # not a policy: the statements alone
    return [
        {"Effect": "Allow", "Action": ["kinesis:PutRecord", "kinesis:PutRecords"], "Resource": stream_arn}
    ]
