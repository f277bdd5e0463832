"""Certificates made by hand, and every way to change one."""

import copy
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from grader.certificates import document as documents
from grader.certificates import proof
from grader.certificates.checking import Asked
from grader.certificates.did_key import did_of
from grader.certificates.document import Claims, Graded, Kind, Skill
from grader.certificates.issuers import Issuer

EMAIL = "ada@example.org"
SALT = "0123456789abcdef" * 2
KEY = Ed25519PrivateKey.from_private_bytes(b"instructor".ljust(32))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(b"somebody else".ljust(32))
ISSUER = did_of(KEY.public_key())
OTHER_ISSUER = did_of(OTHER_KEY.public_key())
DAY = datetime(2026, 11, 29, 10, 0, tzinfo=UTC)

Document = dict[str, Any]


def claims(**fields: Any) -> Claims:
    known: dict[str, Any] = {
        "kind": Kind.CERTIFICATE,
        "id": "urn:uuid:6f0d7b8e-2c1a-4a57-9d0e-0c6a3f1b2d4e",
        "name": "Ada Lovelace",
        "email_hash": documents.email_hash(EMAIL, SALT),
        "salt": SALT,
        "issuer": ISSUER,
        "issuer_name": "Example University",
        "issued": DAY,
        "version": "0.1.0",
        "criteria": "At least 14 points in 02-shards, with hidden cases.\nThe course exam passed.",
        "graded": (
            Graded("02-shards", 18.5, 20, 14, (("hand-in SHA-256", "a" * 64), ("sandbox", "full"))),
            Graded(documents.EXAM, 31, 40, 28, (("seed", "4711"),)),
        ),
        "skills": (Skill("SAA-C03", "3.5", "data ingestion: streaming services"),),
        "issuer_url": "https://example.org/courses",
        "replaces": "urn:uuid:00000000-0000-4000-8000-000000000001",
        "verify_at": "https://example.org/verify.html",
    }
    return Claims(**known | fields)


def small() -> Claims:
    """As little as a certificate may say: it is looked at many times."""
    return claims(
        graded=(Graded("02-shards", 18, 20, 14),), skills=(), issuer_url=None, replaces=None, verify_at=None
    )


def signed(said: Claims, key: Ed25519PrivateKey = KEY) -> Document:
    return proof.signed(documents.document_of(said), key, documents.moment(said.issued))


def file_of(document: Document) -> bytes:
    return json.dumps(document, indent=1, ensure_ascii=False).encode()


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every text, number and truth in a document, and where it is."""
    if isinstance(value, dict | list):
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, name))
    else:
        yield path, value


def put(document: Document, path: tuple[Any, ...], value: Any) -> Document:
    changed = copy.deepcopy(document)
    place: Any = changed
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return changed


def without(document: Document, path: tuple[Any, ...]) -> Document:
    changed = copy.deepcopy(document)
    place: Any = changed
    for name in path[:-1]:
        place = place[name]
    del place[path[-1]]
    return changed


def like(text: str) -> str:
    """Another text that looks like it: one letter or digit in it is the next one, so that most still fit."""
    place = max((at for at, character in enumerate(text) if character.isalnum()), default=-1)
    if place < 0:
        return text + "x"
    last = text[place]
    steps = {"9": "1", "f": "e", "z": "y", "Z": "Y"}
    return text[:place] + steps.get(last, chr(ord(last) + 1)) + text[place + 1 :]


def edits(document: Document) -> Iterator[tuple[str, Document]]:
    """The document with every leaf changed once, and with every leaf taken away once."""
    for path, value in leaves(document):
        where = "/".join(map(str, path))
        yield f"{where} changed", put(document, path, (not value) if isinstance(value, bool) else like(value))
        yield f"{where} taken away", without(document, path)


def moved(document: Document, path: tuple[Any, ...], by: timedelta) -> Document:
    place: Any = document
    for name in path:
        place = place[name]
    time = datetime.strptime(place, "%Y-%m-%dT%H:%M:%S%z") + by
    return put(document, path, documents.moment(time))


def asked(page: dict[str, Any]) -> Asked:
    """What the page is asked, as the command has it."""
    issuers = [
        Issuer(
            entry["did"],
            entry["name"],
            date.fromisoformat(entry["until"]) if entry["until"] else None,
            entry["ended"],
        )
        for entry in page.get("issuers", ())
    ]
    return Asked(issuers, page.get("issuer"), page.get("email"), page.get("record", False))
