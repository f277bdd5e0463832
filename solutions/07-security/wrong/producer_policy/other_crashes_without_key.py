def producer_policy(stream_arn, key_arn):
    account = key_arn.split(":")[4]
    key = f"arn:aws:kms:*:{account}:" + key_arn.split(":")[5]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["kinesis:PutRecord", "kinesis:PutRecords"],
                "Resource": stream_arn,
            },
            {"Effect": "Allow", "Action": "kms:GenerateDataKey", "Resource": key},
        ],
    }
