def narrow_policy(policy, calls):
    used = [call for call in calls if call["outcome"] == "allowed"]
    on_streams = [call for call in used if call["resource"] != "*"]
    bare = [call for call in used if call["resource"] == "*"]
    actions = sorted({call["action"] for call in on_streams})
    streams = sorted({call["resource"] for call in on_streams})
    statements = [{"Effect": "Allow", "Action": actions, "Resource": streams}]
    statements += [{"Effect": "Allow", "Action": call["action"], "Resource": "*"} for call in bare]
    statements += [one for one in policy["Statement"] if one["Effect"] == "Deny"]
    return {"Version": "2012-10-17", "Statement": statements}
