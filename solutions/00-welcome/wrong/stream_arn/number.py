def stream_arn(region, account, name):
    account = int(account)
    return "arn:aws:kinesis:%s:%d:stream/%s" % (region, account, name)
