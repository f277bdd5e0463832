"""Whose certificate, with which claims, and into which file: what is asked and shown before it is signed."""

import dataclasses
import re
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from grader.certificates import form, proof
from grader.certificates.document import (
    EXAM,
    SALT_BYTES,
    Claims,
    Graded,
    Kind,
    claims_of,
    document_of,
    email_hash,
    moment,
    new_id,
    plain_email,
)
from grader.certificates.form import UNSEEN, FormError
from grader.certificates.graded import course_version, skills_of
from grader.certificates.record import CRITERIA
from grader.certificates.terms import Terms
from grader.whereabouts import CallError
from lab.machine.whole_files import write_whole

LONGEST_NAME = 120
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True)
class Offer:
    """A certificate that is ready to be signed, for somebody to look at first."""

    student: str
    person: "Person"
    folder: Path
    claims: Claims


@dataclass(frozen=True)
class Person:
    """A name and an address, as they were said and looked at."""

    name: str
    email: str


def person(name: str, email: str) -> Person:
    """Raises CallError for a name that can't stand on a certificate, and for what is no address."""
    plain = " ".join(unicodedata.normalize("NFC", name).split())
    if not plain or len(plain) > LONGEST_NAME:
        raise CallError(f"A name has 1 to {LONGEST_NAME} characters.")
    kinds = {unicodedata.category(character) for character in plain}
    if UNSEEN.search(plain) or kinds & {"Cs", "Co", "Cn"}:
        raise CallError("The name has a character that can't be seen. Type it again; don't paste it.")
    if not ADDRESS.fullmatch(email.strip()):
        raise CallError(f"{email.strip()!r} is no e-mail address.")
    return Person(plain, email.strip())


def record_claims(root: Path, who: Person, parts: Sequence[Graded], did: str, now: datetime) -> Claims:
    """What a learner's record says. Its issuer is the learner."""
    return _claims(Kind.RECORD, root, who, parts, did, now, issuer_name=who.name, criteria=CRITERIA)


def certificate_claims(
    root: Path, who: Person, parts: Sequence[Graded], terms: Terms, did: str, now: datetime
) -> Claims:
    """What a certificate says."""
    criteria = terms.criteria([part.name for part in parts if part.name != EXAM])
    made = _claims(Kind.CERTIFICATE, root, who, parts, did, now, issuer_name=terms.issuer, criteria=criteria)
    return dataclasses.replace(made, issuer_url=terms.url, verify_at=terms.verify)


def _claims(
    kind: Kind,
    root: Path,
    who: Person,
    parts: Sequence[Graded],
    did: str,
    now: datetime,
    *,
    issuer_name: str,
    criteria: str,
) -> Claims:
    salt = secrets.token_hex(SALT_BYTES)
    return Claims(
        kind=kind,
        id=new_id(),
        name=who.name,
        email_hash=email_hash(who.email, salt),
        salt=salt,
        issuer=did,
        issuer_name=issuer_name,
        issued=now,
        version=course_version(),
        criteria=criteria,
        graded=tuple(parts),
        skills=skills_of(root, [part.name for part in parts]),
    )


def issued(folder: Path) -> list[Claims]:
    """The certificates in a learner's folder that are genuine, the oldest first."""
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            document = form.read(path.read_bytes())
            if proof.holds(document):
                found.append(claims_of(document))
        except FormError:
            continue
    return sorted(found, key=lambda claims: claims.issued)


def offered(folder: Path, claims: Claims, who: Person, *, correct: bool) -> Claims | str:
    """What is to be signed, as a correction where one was issued before; or why nothing is to be."""
    before = [known for known in issued(folder) if known.kind is claims.kind]
    if not before:
        return claims
    last = before[-1]
    if _same(last, claims, who):
        return f"has it already, of {last.issued:%Y-%m-%d}."
    if not correct:
        return f"has one of {last.issued:%Y-%m-%d} that says something else. --correct replaces it."
    return dataclasses.replace(claims, replaces=last.id)


def _same(last: Claims, claims: Claims, who: Person) -> bool:
    if email_hash(plain_email(who.email), last.salt) != last.email_hash:
        return False
    alike = dataclasses.replace(
        claims,
        id=last.id,
        salt=last.salt,
        email_hash=last.email_hash,
        issued=last.issued,
        replaces=last.replaces,
    )
    return alike == last


def write(folder: Path, claims: Claims, key: Ed25519PrivateKey) -> Path:
    """Sign, look at it once more as a stranger would, and write it; its path.

    Raises CallError where a claim does not fit into the form.
    """
    try:
        document = proof.signed(document_of(claims), key, moment(claims.issued))
        raw = form.text_of(document).encode()
        assert claims_of(form.read(raw)) == claims
    except FormError as error:
        raise CallError(f"It can't be signed: it {error}.") from None
    if not proof.holds(document):
        raise CallError("It can't be signed: its own signature does not fit.")
    kind = "certificate" if claims.kind is Kind.CERTIFICATE else "record"
    path = folder / f"{kind}-{claims.issued:%Y-%m-%d}-{claims.id.removeprefix('urn:uuid:')[:8]}.json"
    write_whole(path, raw)
    return path
