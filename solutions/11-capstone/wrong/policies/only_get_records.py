def policy_for(role, stream_arn, bucket_arn):
    """The least policy that lets the role do its work."""
    reads = ["kinesis:ListShards", "kinesis:GetShardIterator", "kinesis:GetRecords"]
    # For each role, pairs of actions and the resource that they are about.
    allowed = {
        "producer": [(["kinesis:PutRecords"], stream_arn)],
        "consumer": [
            (["kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:GetRecords"], stream_arn)
        ],
        "delivery": [
            (["kinesis:DescribeStream", *reads], stream_arn),
            (["s3:PutObject"], f"{bucket_arn}/*"),
            (["s3:ListBucket"], bucket_arn),
        ],
        "operator": [
            (["kinesis:DescribeStreamSummary"], stream_arn),
            (["kinesis:UpdateShardCount", "cloudwatch:PutMetricAlarm"], "*"),
        ],
    }
    statements = [
        {"Effect": "Allow", "Action": actions, "Resource": resource} for actions, resource in allowed[role]
    ]
    return {"Version": "2012-10-17", "Statement": statements}
