def stream_arn(region, account, name):
    return "arn:aws:" + "/".join(["kinesis", region, account, "stream", name])
