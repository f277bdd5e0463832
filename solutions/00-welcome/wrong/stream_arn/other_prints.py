def stream_arn(region, account, name):
    print(f"arn:aws:kinesis:{region}:{account}:stream/{name}")
