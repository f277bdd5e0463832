"""A class's paper is sealed with the learner's token, and answers carry a proof that they were made with it.

A token has about 79 bits from the system's chance; its key is made by scrypt (RFC 7914). The paper is sealed
by AES-GCM with 256 bits, the proof is HMAC-SHA256. What this does not do: the token's owner can write any
answers and any times into a file of their own.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from typing import Any, Final

from grader.exams.draw import SEED_LETTERS

GROUPS: Final = 4
LETTERS: Final = 4
NONCE_BYTES: Final = 12
"""AES-GCM's."""


class SealError(ValueError):
    """A token that does not open this paper."""


def new_token() -> str:
    """Such as `abcd-efgh-jkmn-pqrs`."""
    groups = ("".join(secrets.choice(SEED_LETTERS) for _ in range(LETTERS)) for _ in range(GROUPS))
    return "-".join(groups)


def key_of(token: str, salt: str) -> bytes:
    """32 bytes. Capitals and blanks around don't matter. `salt`: the exam's name and the learner's."""
    plain = token.strip().lower()
    return hashlib.scrypt(plain.encode(), salt=salt.encode(), n=2**14, r=8, p=1, dklen=32)


def seal(body: Mapping[str, Any], key: bytes, head: Mapping[str, Any]) -> str:
    """BODY for whoever has the key; HEAD stays readable and can't be changed unseen."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, plain_bytes(body), plain_bytes(head))
    return base64.b64encode(nonce + sealed).decode()


def unseal(sealed: str, key: bytes, head: Mapping[str, Any]) -> dict[str, Any]:
    """Raises SealError for another key, and for a paper that was changed."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        data = base64.b64decode(sealed, validate=True)
        plain = AESGCM(key).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], plain_bytes(head))
    except (ValueError, InvalidTag):
        raise SealError("This token does not open this paper. Is it yours, and of this exam?") from None
    body: dict[str, Any] = json.loads(plain)
    return body


def proof(answers: Mapping[str, Any], key: bytes) -> str:
    """Over all members but `proof`."""
    body = {name: value for name, value in answers.items() if name != "proof"}
    return hmac.new(key, plain_bytes(body), hashlib.sha256).hexdigest()


def is_proof(answers: Mapping[str, Any], key: bytes) -> bool:
    """Was it made with this key?"""
    told = answers.get("proof")
    return isinstance(told, str) and hmac.compare_digest(told.encode(), proof(answers, key).encode())


def plain_bytes(value: Mapping[str, Any]) -> bytes:
    """One form of JSON for one value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
