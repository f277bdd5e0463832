def narrow_policy(policy, calls):
    used = {}
    for call in calls:
        if call["outcome"] == "allowed" and call["action"] not in used:
            used[call["action"]] = call["resource"]
    statements = [{"Effect": "Allow", "Action": a, "Resource": r} for a, r in used.items()]
    statements += [one for one in policy["Statement"] if one["Effect"] == "Deny"]
    return {"Version": "2012-10-17", "Statement": statements}
