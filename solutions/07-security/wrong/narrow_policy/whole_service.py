def narrow_policy(policy, calls):
    used = [call for call in calls if call["outcome"] == "allowed"]
    streams = sorted({call["resource"] for call in used if call["resource"] != "*"})
    statements = [{"Effect": "Allow", "Action": "kinesis:*", "Resource": streams}]
    for call in used:
        if call["resource"] == "*":
            statements.append({"Effect": "Allow", "Action": call["action"], "Resource": "*"})
    statements += [one for one in policy["Statement"] if one["Effect"] == "Deny"]
    return {"Version": "2012-10-17", "Statement": statements}
