"""The condition keys that the lab knows, and the values that a request has for them.

A key outside this list is refused by name when a decision depends on it, unless the request brings a
value for it. Source: IAM User Guide, "AWS global condition context keys"
(reference_policies_condition-keys.html); for `kms:`, AWS KMS Developer Guide, "Condition keys for AWS KMS".
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

ContextValue: TypeAlias = str | Sequence[str]

KNOWN_KEYS: Final = (
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:RequestedRegion",
    "aws:SecureTransport",
    "aws:SourceIp",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:TagKeys",
    "aws:userid",
    "aws:username",
    "kms:ViaService",
)
KNOWN_KEY_PREFIXES: Final = (
    "aws:PrincipalTag/",
    "aws:RequestTag/",
    "aws:ResourceTag/",
    "kms:EncryptionContext:",
)
"""Before a tag's key, or before a key of the encryption context."""

_KNOWN = frozenset(key.lower() for key in KNOWN_KEYS)
_PREFIXES = tuple(prefix.lower() for prefix in KNOWN_KEY_PREFIXES)
_MULTIVALUED = frozenset({"aws:tagkeys"})


def is_known(key: str) -> bool:
    """Whether the lab knows what it means that a request has no value for this key."""
    name = key.lower()
    return name in _KNOWN or any(name.startswith(p) and name != p for p in _PREFIXES)


def is_multivalued(key: str) -> bool:
    """Whether a request can have several values for this key (page "Single-valued vs. multivalued …")."""
    return key.lower() in _MULTIVALUED


class Context:
    """What a request has for each condition key. Key names know no case (Condition page), values do.

    `untold`: keys, or beginnings of keys that end in "/" or ":", which this request may well have a value
    for, but the lab doesn't know it.
    """

    def __init__(self, values: Mapping[str, ContextValue], untold: Sequence[str] = ()) -> None:
        self._values = {
            key.lower(): (value,) if isinstance(value, str) else tuple(value) for key, value in values.items()
        }
        self._untold = tuple(key.lower() for key in untold)

    def values(self, key: str) -> tuple[str, ...]:
        """The request's values, none when the key is missing."""
        return self._values.get(key.lower(), ())

    def can_tell(self, key: str) -> bool:
        """Whether a condition on this key can be evaluated: the lab knows it, or the request has it."""
        name = key.lower()
        if name in self._values:
            return True
        return is_known(key) and not any(_covers(untold, name) for untold in self._untold)


def _covers(untold: str, name: str) -> bool:
    return name.startswith(untold) if untold.endswith(("/", ":")) else name == untold
