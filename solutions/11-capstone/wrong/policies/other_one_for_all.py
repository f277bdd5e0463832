def policy_for(role, stream_arn, bucket_arn):
    """Everything for everybody."""
    allow = {"Effect": "Allow", "Action": ["kinesis:*", "s3:*", "cloudwatch:*"], "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [allow]}
