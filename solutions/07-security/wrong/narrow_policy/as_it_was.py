def narrow_policy(policy, calls):
    return policy
