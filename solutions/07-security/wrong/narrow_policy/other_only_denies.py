def narrow_policy(policy, calls):
    statements = []
    statements += [one for one in policy["Statement"] if one["Effect"] == "Deny"]
    return {"Version": "2012-10-17", "Statement": statements}
