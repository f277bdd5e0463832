import json


def producer_policy(stream_arn, key_arn):
    # One statement for all, as JSON text: the actions of one service say nothing about the other's resources.
    actions, resources = ["kinesis:PutRecord", "kinesis:PutRecords"], [stream_arn]
    if key_arn:
        actions.append("kms:GenerateDataKey")
        resources.append(key_arn)
    statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})
