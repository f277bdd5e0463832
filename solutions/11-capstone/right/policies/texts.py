def policy_for(role, stream_arn, bucket_arn):
    """The policy as JSON text, with a statement for each action."""
    needs = {
        "producer": {"PutRecords": stream_arn},
        "consumer": {"DescribeStreamSummary": stream_arn},
        "delivery": {"DescribeStream": stream_arn},
        "operator": {"DescribeStreamSummary": stream_arn, "UpdateShardCount": "*"},
    }[role]
    if role in ("consumer", "delivery"):
        needs |= dict.fromkeys(["ListShards", "GetShardIterator", "GetRecords"], stream_arn)
    pairs = [(f"kinesis:{action}", arn) for action, arn in needs.items()]
    if role == "delivery":
        pairs += [("s3:PutObject", bucket_arn + "/*"), ("s3:ListBucket", bucket_arn)]
    if role == "operator":
        pairs.append(("cloudwatch:PutMetricAlarm", "*"))
    statements = [{"Effect": "Allow", "Action": action, "Resource": arn} for action, arn in pairs]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
