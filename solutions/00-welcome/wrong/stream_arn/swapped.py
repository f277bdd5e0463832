def stream_arn(region, account, name):
    return "arn:aws:kinesis:" + account + ":" + region + ":stream/" + name
