"""What a policy is asked about: who does what to which resource, and under which circumstances."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from lab.rules.policy.keys import Context, ContextValue
from lab.rules.policy.principals import Caller


@dataclass(frozen=True)
class Request:
    """One call, on one resource. A call on several (say StartStreamEncryption) is as many requests.

    `action` is like "kinesis:PutRecord"; `resource` an ARN, or "*" for an action without a resource.
    `context` holds values of condition keys. aws:PrincipalArn, aws:PrincipalAccount and aws:username come
    from the caller, unless given; a key that is not there is missing in the request, but for those that
    `untold` lists (`lab.rules.policy.keys.Context`): what depends on them is refused by name.
    """

    caller: Caller
    action: str
    resource: str
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    untold: tuple[str, ...] = ()

    @cached_property
    def keys(self) -> Context:
        """The values of all condition keys, those of the caller among them."""
        own: dict[str, ContextValue] = {
            "aws:principalarn": self.caller.identity_arn,
            "aws:principalaccount": self.caller.account,
        }
        if self.caller.user_name is not None:
            own["aws:username"] = self.caller.user_name
        return Context(own | {key.lower(): value for key, value in self.context.items()}, self.untold)
