def narrow_policy(policy, calls):
    actions = sorted({call["action"] for call in calls if call["outcome"] == "allowed"})
    statements = [{"Effect": "Allow", "Action": actions, "Resource": "*"}]
    statements += [one for one in policy["Statement"] if one["Effect"] == "Deny"]
    return {"Version": "2012-10-17", "Statement": statements}
