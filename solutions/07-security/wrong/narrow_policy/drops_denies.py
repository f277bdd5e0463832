def narrow_policy(policy, calls):
    used = {(call["action"], call["resource"]) for call in calls if call["outcome"] == "allowed"}
    statements = [{"Effect": "Allow", "Action": a, "Resource": r} for a, r in sorted(used)]
    return {"Version": "2012-10-17", "Statement": statements}
