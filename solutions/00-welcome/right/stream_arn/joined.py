def stream_arn(region, account, name):
    resource = "stream/" + name
    return ":".join(["arn", "aws", "kinesis", region, account, resource])
