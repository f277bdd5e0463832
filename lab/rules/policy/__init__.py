"""IAM's policy language: reading policies, and deciding whether they allow a request.

Pure: standard library only, no calls, no clock, no files. The emulator's `iam` plugin and the grader may
import it; it imports nothing of ours but itself.

    policy = parse_policy(text, Layer.IDENTITY, "producer")
    request = Request(caller(user_arn), "kinesis:PutRecord", stream, {"aws:SourceIp": "203.0.113.7"})
    decision = decide(request, [policy], same_account=True)
    if not decision.allowed:
        raise AccessDenied(access_denied_message(request, decision))

What can't be evaluated is refused by name: `decision.kind` is then "cannot_evaluate", and `decision.what`
says what it is.
"""

from lab.rules.policy.document import Effect, Layer, Policy, Statement
from lab.rules.policy.errors import PolicyError
from lab.rules.policy.evaluation import Decision, decide
from lab.rules.policy.messages import access_denied_message
from lab.rules.policy.parsing import parse_policy
from lab.rules.policy.principals import Caller, caller
from lab.rules.policy.request import Request

__all__ = [
    "Caller",
    "Decision",
    "Effect",
    "Layer",
    "Policy",
    "PolicyError",
    "Request",
    "Statement",
    "access_denied_message",
    "caller",
    "decide",
    "parse_policy",
]
