def narrow_policy(policy, calls):
    used = {call["action"]: call["resource"] for call in calls if call["outcome"] == "allowed"}
    statements = [{"Effect": "Allow", "Action": a, "Resource": r} for a, r in used.items()]
    statements += [one for one in policy["Statement"] if one["Effect"] == "Deny"]
    return {"Version": "2012-10-17", "Statement": statements}
