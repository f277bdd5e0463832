def narrow_policy(policy, calls):
    used = [call for call in calls if call["outcome"] == "allowed"]
    actions = [call["action"] for call in used]
    resources = [call["resource"] for call in used]
    denies = [one for one in policy["Statement"] if one["Effect"] == "Deny"]
    statements = [{"Effect": "Allow", "Action": actions, "Resource": resources}, *denies]
    return {"Version": "2012-10-17", "Statement": statements}
