def narrow_policy(policy, calls):
    used = {(call["action"], call["resource"]) for call in calls}
    statements = [{"Effect": "Allow", "Action": a, "Resource": r} for a, r in sorted(used)]
    statements += [one for one in policy["Statement"] if one["Effect"] == "Deny"]
    return {"Version": "2012-10-17", "Statement": statements}
