"""What IAM and STS calls need.

Sources: Service Authorization Reference, "AWS Identity and Access Management", "AWS Security Token Service";
IAM User Guide, "Compare AWS STS credentials", "How to use trust policies".
"""

import json
from typing import Any, Final

from lab.rules.policy import Layer
from lab.rules.policy.keys import ContextValue
from lab.rules.policy.principals import CallerKind
from lab_emulator.iam.call import Call, Check, RefusedError, UnmappedError, account_in, words
from lab_emulator.iam.documents import Document
from lab_emulator.iam.identities import backend_of

_UNTOLD: Final = ("aws:ResourceTag/", "iam:ResourceTag/")
_ON: Final = {
    operation: kind
    for kind, operations in (
        (
            "user",
            "AttachUserPolicy CreateAccessKey CreateUser DeleteAccessKey DeleteUser "
            "DeleteUserPermissionsBoundary DeleteUserPolicy DetachUserPolicy GetUser GetUserPolicy "
            "ListAccessKeys ListAttachedUserPolicies ListGroupsForUser ListUserPolicies ListUserTags "
            "PutUserPermissionsBoundary PutUserPolicy TagUser UntagUser UpdateAccessKey UpdateUser",
        ),
        (
            "group",
            "AddUserToGroup AttachGroupPolicy CreateGroup DeleteGroup DeleteGroupPolicy DetachGroupPolicy "
            "GetGroup GetGroupPolicy ListAttachedGroupPolicies ListGroupPolicies PutGroupPolicy "
            "RemoveUserFromGroup UpdateGroup",
        ),
        (
            "role",
            "AttachRolePolicy CreateRole DeleteRole DeleteRolePermissionsBoundary DeleteRolePolicy "
            "DetachRolePolicy GetRole GetRolePolicy ListAttachedRolePolicies ListRolePolicies ListRoleTags "
            "PutRolePermissionsBoundary PutRolePolicy TagRole UntagRole UpdateAssumeRolePolicy UpdateRole "
            "UpdateRoleDescription",
        ),
        (
            "policy",
            "CreatePolicy CreatePolicyVersion DeletePolicy DeletePolicyVersion GetPolicy GetPolicyVersion "
            "ListEntitiesForPolicy ListPolicyTags ListPolicyVersions SetDefaultPolicyVersion TagPolicy "
            "UntagPolicy",
        ),
    )
    for operation in operations.split()
}
_BARE: Final = words(
    "GetAccountAuthorizationDetails GetAccountSummary ListAccountAliases ListGroups ListPolicies ListRoles "
    "ListUsers"
)
_TAGGING: Final = {"CreateUser": "TagUser", "CreateRole": "TagRole", "CreatePolicy": "TagPolicy"}


def iam_checks(call: Call) -> list[Check]:
    operation, parameters = call.operation, call.parameters
    if operation in _BARE:
        return [Check(f"iam:{operation}", "*")]
    if operation not in _ON:
        raise UnmappedError(f"the operation iam:{operation}")
    resource = _entity(call, _ON[operation])
    context: dict[str, ContextValue] = {}
    if arn := parameters.get("PolicyArn"):
        context["iam:PolicyARN"] = str(arn)
    if arn := parameters.get("PermissionsBoundary"):
        context["iam:PermissionsBoundary"] = str(arn)
    actions = [operation]
    if parameters.get("Tags") and operation in _TAGGING:
        actions.append(_TAGGING[operation])
    owner = account_in(resource)
    return [Check(f"iam:{one}", resource, owner, context=context, untold=_UNTOLD) for one in actions]


def _entity(call: Call, kind: str) -> str:
    """The ARN of what the call is about; one that is there has its path in it."""
    parameters = call.parameters
    if kind == "policy" and call.operation != "CreatePolicy":
        return str(parameters["PolicyArn"])
    name = str(parameters.get(f"{kind.title()}Name") or "")
    if kind == "user" and not name:
        return call.caller.arn  # "If you do not specify a user name, IAM determines it"
    path = str(parameters.get("Path") or "/")
    backend = backend_of(call.account, call.context.partition)
    all_known = {"user": backend.users, "group": backend.groups, "role": backend.roles}
    known: dict[str, Any] = all_known.get(kind, {})
    if not call.operation.startswith("Create"):
        for entity in list(known.values()):
            if entity.name == name:
                return str(entity.arn)
    return call.arn("iam", f"{kind}{path}{name}", is_global=True)


def sts_checks(call: Call) -> list[Check]:
    """AssumeRole: the role's trust policy must allow, and within an account so must IAM policies unless it
    names the caller itself. GetCallerIdentity and GetSessionToken need no permission."""
    operation, parameters = call.operation, call.parameters
    if operation in ("GetCallerIdentity", "GetSessionToken"):
        return []
    tagging = ["sts:TagSession"] if parameters.get("Tags") else []
    if operation == "GetFederationToken":
        arn = call.arn("sts", f"federated-user/{parameters['Name']}", is_global=True)
        return [Check(action, arn, untold=_UNTOLD) for action in ["sts:GetFederationToken", *tagging]]
    if operation != "AssumeRole":
        raise UnmappedError(f"the operation sts:{operation}")
    if call.caller.kind is CallerKind.ROOT:
        raise RefusedError("Roles may not be assumed by root accounts.")
    role = str(parameters["RoleArn"])
    owner = account_in(role)
    context: dict[str, ContextValue] = {"sts:RoleSessionName": str(parameters["RoleSessionName"])}
    if external := parameters.get("ExternalId"):
        context["sts:ExternalId"] = str(external)
    trust = _trust(role, owner, call.context.partition)
    return [
        Check(action, role, owner, trust, policy_required=True, context=context, untold=_UNTOLD)
        for action in ["sts:AssumeRole", *tagging]
    ]


def _trust(role_arn: str, account: str, partition: str) -> Document | None:
    """A role's trust policy, as a policy of the role as a resource: its statements have no Resource."""
    if not account:
        return None
    roles = list(backend_of(account, partition).roles.values())
    text = next((role.assume_role_policy_document for role in roles if role.arn == role_arn), None)
    if text is None:
        return None
    return Document(Layer.RESOURCE, f"of {role_arn} (trust policy)", _about_the_role(text))


def _about_the_role(text: str) -> str:
    try:
        policy = json.loads(text)
        statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
        return json.dumps(policy | {"Statement": [{"Resource": "*"} | one for one in statements]})
    except (ValueError, TypeError, KeyError):
        return text  # reading it as a policy says what is wrong
