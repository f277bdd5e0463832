"""KMS keys as LocalStack's KMS keeps them: found by what a call may name them with.

Source: API model, StartStreamEncryptionInput, KeyId (id, ARN, alias, alias's ARN).
"""

import re
from dataclasses import dataclass
from typing import Final

KINESIS_OWN_ALIAS: Final = "alias/aws/kinesis"
"""Of the key that AWS makes in an account when it is first used; here it is there without being made."""
ENABLED, DISABLED, PENDING_DELETION = "Enabled", "Disabled", "PendingDeletion"
_ARN: Final = re.compile(r"arn:[^:]*:kms:([a-z0-9-]+):(\d{12}):(?:key/)?(.+)", re.ASCII | re.DOTALL)


@dataclass(frozen=True)
class Key:
    """A KMS key, there or not: its ARN; its state and policy if it is there."""

    arn: str
    region: str
    state: str | None = None
    policy: str | None = None
    is_kinesis_own: bool = False


def key_of(named: str, account: str, region: str) -> Key:
    """The key with this id, ARN, alias or alias's ARN, as seen from an account and Region."""
    if found := _ARN.fullmatch(named):
        region, account, named = found.groups()
    if named == KINESIS_OWN_ALIAS:
        return Key(_arn(account, region, named), region, ENABLED, is_kinesis_own=True)
    from localstack.services.kms.models import kms_stores  # when KMS is used, and not before

    store = kms_stores[account][region]
    if named.startswith("alias/"):
        alias = store.aliases.get(named)
        if alias is None:
            return Key(f"arn:aws:kms:{region}:{account}:{named}", region)
        named = str(alias.metadata["TargetKeyId"])
    key = store.keys.get(named)
    if key is None:
        return Key(_arn(account, region, named), region)
    return Key(_arn(account, region, named), region, str(key.metadata["KeyState"]), key.policy)


def _arn(account: str, region: str, key_id: str) -> str:
    return f"arn:aws:kms:{region}:{account}:key/{key_id}"
