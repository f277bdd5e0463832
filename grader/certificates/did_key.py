"""`did:key`: the public half of an Ed25519 key as a name (W3C CCG, "The did:key Method v0.7").

The name proves "the same key", never "who": whose key it is has to be learnt from elsewhere.
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
"""Of base58btc, multibase's `z` (W3C Controlled Identifiers 1.0, 2.4)."""
ED25519 = b"\xed\x01"
"""The multicodec `ed25519-pub` as a varint."""
PREFIX = "did:key:"
LONGEST = 200
"""Characters of a text that is decoded at all: base58 takes the square of its length."""


def base58(data: bytes) -> str:
    """Multibase text of DATA, its `z` included."""
    number, digits = int.from_bytes(data, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        digits = ALPHABET[rest] + digits
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "z" + ALPHABET[0] * zeros + digits


def from_base58(text: str) -> bytes:
    """The bytes of a multibase text; raises ValueError for what is none."""
    if not text.startswith("z") or len(text) > LONGEST:
        raise ValueError("no base58btc text")
    number = 0
    for character in text[1:]:
        number = number * 58 + ALPHABET.index(character)
    zeros = len(text) - 1 - len(text[1:].lstrip(ALPHABET[0]))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def did_of(key: Ed25519PublicKey) -> str:
    return PREFIX + base58(ED25519 + key.public_bytes(Encoding.Raw, PublicFormat.Raw))


def method_of(did: str) -> str:
    """The verification method of a DID: its one key."""
    return f"{did}#{did.removeprefix(PREFIX)}"


def public_key(did: str) -> Ed25519PublicKey:
    """Raises ValueError for what is no `did:key` of an Ed25519 key."""
    raw = from_base58(did.removeprefix(PREFIX)) if did.startswith(PREFIX) else b""
    if not raw.startswith(ED25519) or len(raw) != len(ED25519) + 32:
        raise ValueError(f"{did[:80]!r} is not did:key:z6Mk... of an Ed25519 key")
    return Ed25519PublicKey.from_public_bytes(raw[len(ED25519) :])
