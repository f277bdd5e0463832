"""The words of an access denied error.

Source: IAM User Guide, "Troubleshoot access denied error messages" (troubleshoot_access-denied.html): "with
an explicit deny in a <type> policy", "because no <type> policy allows the <action> action". Since 2026 AWS
adds the ARN of the denying policy, service by service (AWS Security Blog, "Enhanced access denied error
messages with policy ARNs"); the lab leaves it out.
"""

from typing import Final

from lab.rules.policy.document import Layer
from lab.rules.policy.evaluation import Decision
from lab.rules.policy.request import Request

_ARTICLES: Final = {Layer.IDENTITY: "an"}


def access_denied_message(request: Request, decision: Decision) -> str:
    """The message of AccessDeniedException for a request that was not allowed.

    Raises ValueError for one that was.
    """
    if decision.allowed:
        raise ValueError("the request is allowed")
    return (
        f"User: {request.caller.arn} is not authorized to perform: {request.action} "
        f"on resource: {request.resource} {_reason(request, decision)}"
    )


def _reason(request: Request, decision: Decision) -> str:
    layer = decision.layer or Layer.IDENTITY
    if decision.kind == "explicit_deny":
        return f"with an explicit deny in {_ARTICLES.get(layer, 'a')} {layer.value}"
    if decision.kind == "cannot_evaluate":
        where = f" in {decision.statement.place}" if decision.statement else ""
        return f"because the lab cannot evaluate {decision.what}{where} of the {layer.value}"
    return f"because no {layer.value} allows the {request.action} action"
