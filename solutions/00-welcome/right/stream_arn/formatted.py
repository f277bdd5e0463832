ARN = "arn:aws:kinesis:{}:{}:stream/{}"


def stream_arn(region, account, name):
    return ARN.format(region, account, name)
