"""Iterators and page tokens: opaque to clients, and made by nobody but the lab.

Each is signed, so one that was changed by a byte is none, and tells the account, Region and stream that it
belongs to.
"""

import base64
import binascii
import hashlib
import hmac
import json
import struct
from dataclasses import dataclass
from typing import Any

_SIGNATURE_BYTES = 16
_ITERATOR = struct.Struct(">QQ8sIQ")
"""Account, time of issue, the stream's token, shard, place."""
_BEGINNING = b"\0\0\0\0\0\0\0\1"
"""How AWS's iterators begin, which is AAAAAAAAAAE in base64."""


def _length(name: str) -> int:
    """How many bytes AWS's iterators have, by the stream's name, as seen in public."""
    return 152 + (len(name) + 2) // 16 * 16


@dataclass(frozen=True)
class Position:
    """Where an iterator stands. `issued`: milliseconds since 1970 by the clock of the stream's account."""

    account: str
    region: str
    name: str
    """The stream's."""
    token: bytes
    """Of the stream."""
    shard: int
    place: int
    issued: int


class Seal:
    """Signs with a secret of the lab's own. `secret`: any bytes."""

    def __init__(self, secret: bytes) -> None:
        self._iterators = hashlib.sha256(b"iterator" + secret).digest()
        self._tokens = hashlib.sha256(b"token" + secret).digest()

    def iterator(self, position: Position) -> str:
        """At most 512 characters (API model: ShardIterator)."""
        content = _BEGINNING + _ITERATOR.pack(
            int(position.account), position.issued, position.token, position.shard, position.place
        )
        names = f"{position.region}/{position.name}".encode()
        content += names.ljust(_length(position.name) - len(content) - _SIGNATURE_BYTES, b"\0")
        return base64.b64encode(content + self._signature(self._iterators, content)).decode()

    def position(self, iterator: str) -> Position:
        """Where an iterator stands. Quotes around it are dropped, as AWS drops them.

        Raises ValueError for what was never an iterator of this lab.
        """
        if len(iterator) > 1 and iterator[0] == iterator[-1] == '"':
            iterator = iterator[1:-1]
        content = self._opened(self._iterators, iterator)
        fixed = content[len(_BEGINNING) : len(_BEGINNING) + _ITERATOR.size]
        account, issued, token, shard, place = _ITERATOR.unpack(fixed)
        names = content[len(_BEGINNING) + _ITERATOR.size :].rstrip(b"\0").decode()
        region, _, name = names.partition("/")
        return Position(f"{account:012d}", region, name, token, shard, place, issued)

    def token(self, **content: Any) -> str:
        """A page token that holds CONTENT, as JSON can."""
        body = json.dumps(content, separators=(",", ":")).encode()
        return base64.b64encode(body + self._signature(self._tokens, body)).decode()

    def content(self, token: str) -> dict[str, Any]:
        """What a page token holds. Raises ValueError."""
        return dict(json.loads(self._opened(self._tokens, token)))

    def _opened(self, key: bytes, text: str) -> bytes:
        try:
            whole = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise ValueError("no token") from None
        content, signature = whole[:-_SIGNATURE_BYTES], whole[-_SIGNATURE_BYTES:]
        # The text itself must be the one that was given out: base64 can be written in more than one way.
        if base64.b64encode(whole).decode() != text or not content:
            raise ValueError("no token")
        if not hmac.compare_digest(self._signature(key, content), signature):
            raise ValueError("no token of this lab")
        return content

    @staticmethod
    def _signature(key: bytes, content: bytes) -> bytes:
        return hmac.digest(key, content, "sha256")[:_SIGNATURE_BYTES]
