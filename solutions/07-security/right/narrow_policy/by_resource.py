from collections import defaultdict


def narrow_policy(policy, calls):
    actions = defaultdict(set)
    for call in calls:
        if call["outcome"] == "allowed":
            actions[call["resource"]].add(call["action"])
    kept = [statement for statement in policy["Statement"] if statement["Effect"] != "Allow"]
    for resource, used in actions.items():
        kept.append({"Effect": "Allow", "Action": sorted(used), "Resource": resource})
    return {"Version": "2012-10-17", "Statement": kept}
