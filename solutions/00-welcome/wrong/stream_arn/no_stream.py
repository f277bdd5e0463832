def stream_arn(region, account, name):
    return f"arn:aws:kinesis:{region}:{account}:{name}"
