"""What AWS KMS calls need. A key's own policy must always allow.

Sources: Service Authorization Reference, "Actions, resources, and condition keys for AWS Key Management
Service"; AWS KMS Developer Guide, "Key policies", "Condition keys for AWS KMS". Grants are not evaluated.
"""

import struct
from collections.abc import Mapping
from typing import Any, Final

from lab.rules.policy import Layer
from lab.rules.policy.keys import ContextValue
from lab_emulator.iam.call import Call, Check, UnmappedError, account_in, words
from lab_emulator.iam.documents import Document
from lab_emulator.keys import Key, key_of

_ON_KEY: Final = words(
    """
    CancelKeyDeletion CreateGrant Decrypt DescribeKey DisableKey DisableKeyRotation EnableKey
    EnableKeyRotation Encrypt GenerateDataKey GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext
    GenerateDataKeyWithoutPlaintext GetKeyPolicy GetKeyRotationStatus GetPublicKey ListGrants ListKeyPolicies
    ListKeyRotations ListResourceTags PutKeyPolicy RevokeGrant RotateKeyOnDemand ScheduleKeyDeletion Sign
    TagResource UntagResource UpdateKeyDescription Verify
    """
)
_BARE: Final = words("CreateKey GenerateRandom ListAliases ListKeys")
_ON_ALIAS: Final = words("CreateAlias DeleteAlias UpdateAlias")
_UNTOLD: Final = ("aws:ResourceTag/",)


def checks(call: Call) -> list[Check]:
    operation, parameters = call.operation, call.parameters
    if operation in _BARE:
        tagging = operation == "CreateKey" and parameters.get("Tags")
        return [Check(f"kms:{one}", "*") for one in [operation, *(["TagResource"] if tagging else [])]]
    if operation in _ON_ALIAS:
        return _on_alias(call)
    if operation in _ON_KEY:
        key = key_of(_named(call), call.account, call.region)
        return [key_check(f"kms:{operation}", key, _encryption_context(parameters))]
    raise UnmappedError(f"the operation kms:{operation}")


def _on_alias(call: Call) -> list[Check]:
    """Two permissions: on the alias, by IAM policies, and on each key that it names or named."""
    name = str(call.parameters.get("AliasName") or "")
    found = [Check(f"kms:{call.operation}", call.arn("kms", name), untold=_UNTOLD)]
    named = [str(call.parameters.get("TargetKeyId") or "")] if call.operation != "DeleteAlias" else []
    if call.operation != "CreateAlias":
        named.append(name)
    keys = [key_of(one, call.account, call.region) for one in named]
    return found + [key_check(f"kms:{call.operation}", key, {}) for key in keys]


def _named(call: Call) -> str:
    """The key that the call names, or that its ciphertext was made with."""
    if named := call.parameters.get("KeyId"):
        return str(named)
    try:
        from localstack.services.kms.models import deserialize_ciphertext_blob

        return str(deserialize_ciphertext_blob(call.parameters["CiphertextBlob"]).key_id)
    except KeyError:
        raise UnmappedError(f"kms:{call.operation} without a key") from None
    except (struct.error, UnicodeDecodeError):
        raise UnmappedError(f"kms:{call.operation} of a ciphertext that is none of the lab's") from None


def _encryption_context(parameters: Mapping[str, Any]) -> dict[str, ContextValue]:
    given = parameters.get("EncryptionContext") or {}
    return {f"kms:EncryptionContext:{key}": str(value) for key, value in given.items()}


def key_check(
    action: str, key: Key, context: Mapping[str, ContextValue], *, error: str = "", by_service: bool = False
) -> Check:
    """A key's policy must allow, by itself or together with IAM policies."""
    policy = Document(Layer.RESOURCE, f"of {key.arn}", key.policy) if key.policy else None
    return Check(
        action,
        key.arn,
        account_in(key.arn),
        resource_policy=policy,
        policy_required=True,
        context=context,
        untold=_UNTOLD,
        error=error,
        by_service=by_service,
    )


def resolved_key_arn(call: Call, named: str) -> str:
    """The ARN of the key that a call names by id, ARN or alias."""
    return key_of(named, call.account, call.region).arn
