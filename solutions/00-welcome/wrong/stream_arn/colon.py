def stream_arn(region, account, name):
    parts = ["arn", "aws", "kinesis", region, account, "stream", name]
    return ":".join(parts)
