def consumer_policy(stream_arn, key_arn):
    # not a policy: the statements alone
    return [
        {
            "Effect": "Allow",
            "Action": [
                "kinesis:DescribeStreamSummary",
                "kinesis:ListShards",
                "kinesis:GetShardIterator",
                "kinesis:GetRecords",
            ],
            "Resource": stream_arn,
        }
    ]
