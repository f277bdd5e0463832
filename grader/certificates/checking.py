"""Is this file a certificate, of whom and by whom? One sentence for each thing that was checked, offline.

A verdict is good only for what was asked for: a record of work is never a good certificate, and a certificate
by a key that nobody here knows is none either, as anybody can make a key.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from grader.certificates import proof
from grader.certificates.document import Claims, Kind, claims_of, email_hash, number
from grader.certificates.form import FormError, read
from grader.certificates.issuers import Issuer

LEEWAY = timedelta(minutes=5)
"""By how much a computer's clock may be behind the issuer's."""


UNFIT = "Signature: it does not fit. The file was changed after it was signed, or another key signed it."
OWN_KEY = "Kind: a record of work. The learner's own computer marked it, and the learner's own key signed it."
GRADED = "Kind: a certificate. An instructor graded the work with hidden cases."


@dataclass(frozen=True)
class Finding:
    """One thing that was checked."""

    good: bool
    words: str


@dataclass(frozen=True)
class Asked:
    """What the caller wants to be true."""

    issuers: Sequence[Issuer] = ()
    issuer: str | None = None
    """This `did:key` and no other."""
    email: str | None = None
    record: bool = False
    """A record of work is what is wanted, not a certificate."""


@dataclass(frozen=True)
class Checked:
    """What was found, and the claims where they may be read: only where the signature holds."""

    findings: tuple[Finding, ...]
    claims: Claims | None = None
    description: str = ""
    """What the file says that it does not prove."""

    @property
    def good(self) -> bool:
        return all(finding.good for finding in self.findings)

    @property
    def verdict(self) -> str:
        if self.claims is None:
            return "REFUSED: this is not a certificate. Nothing in it may be relied on."
        what = "certificate" if self.claims.kind is Kind.CERTIFICATE else "record of work"
        if self.good:
            return f"GOOD: this is a genuine {what} of {self.claims.name}."
        if self.claims.kind is Kind.RECORD:
            return "REFUSED: this is a record of work. It is no certificate, or not what you asked for."
        return "REFUSED: this is not what you asked for. See what is marked above."


def check(raw: bytes, asked: Asked, now: datetime | None = None) -> Checked:
    """Look at a file's bytes. Never raises for what stands in them."""
    try:
        document = read(raw)
        claims = claims_of(document)
    except FormError as error:
        return Checked((Finding(False, f"Form: it {error}."),))
    if not proof.holds(document):
        return Checked((Finding(False, UNFIT),))
    findings = [
        Finding(True, "Form: it is an Open Badges 3.0 credential of this course."),
        Finding(True, "Signature: it fits. Nothing in the file was changed since it was signed."),
        _kind(claims, asked),
        _issuer(claims, asked),
        _date(claims, now or datetime.now(UTC), document["proof"]["created"]),
        *([] if asked.email is None else [_email(claims, asked.email)]),
        *_reached(claims),
    ]
    return Checked(tuple(findings), claims, document["description"])


def _kind(claims: Claims, asked: Asked) -> Finding:
    if claims.kind is Kind.RECORD:
        return Finding(asked.record, OWN_KEY if asked.record else f"{OWN_KEY} It is not a certificate.")
    return Finding(not asked.record, f"{GRADED} You asked for a record of work." if asked.record else GRADED)


def _issuer(claims: Claims, asked: Asked) -> Finding:
    known = {issuer.did: issuer for issuer in asked.issuers}
    if asked.issuer is not None and claims.issuer != asked.issuer:
        return Finding(False, f"Issuer: another key, {claims.issuer}, and not the one that you named.")
    if (issuer := known.get(claims.issuer)) is not None:
        return _known(claims, issuer)
    if asked.issuer is not None:
        return Finding(True, f"Issuer: the key that you named. The file calls it {claims.issuer_name}.")
    if claims.kind is Kind.RECORD:
        return Finding(True, f"Issuer: a learner's own key, {claims.issuer}. It says nothing of who has it.")
    return Finding(
        False,
        f"Issuer: nobody here knows the key {claims.issuer}. The file calls it {claims.issuer_name}, as "
        "anybody could. Get the key from the issuer itself and name it with --issuer, or in issuers.toml.",
    )


def _known(claims: Claims, issuer: Issuer) -> Finding:
    if issuer.ended == "stolen":
        words = "but that key was stolen. Whoever has it can write any date; ask for a new one."
        return Finding(False, f"Issuer: {issuer.name}, {words}")
    if issuer.until is not None and claims.issued.date() > issuer.until:
        words = (
            f"Issuer: {issuer.name}, but that key was {issuer.ended}: it signs nothing after {issuer.until}."
        )
        return Finding(False, words)
    ended = f" Its key was {issuer.ended} later, on {issuer.until}." if issuer.until else ""
    return Finding(True, f"Issuer: {issuer.name}, whose key is known here.{ended}")


def _date(claims: Claims, now: datetime, created: str) -> Finding:
    day = f"{claims.issued:%Y-%m-%d}"
    if claims.issued > now + LEEWAY or created != f"{claims.issued:%Y-%m-%dT%H:%M:%SZ}":
        return Finding(False, f"Date: it says {day}, which is not when it was signed, or is still to come.")
    return Finding(True, f"Date: signed on {day}, by the issuer's own clock.")


def _email(claims: Claims, email: str) -> Finding:
    if hmac.compare_digest(email_hash(email, claims.salt), claims.email_hash):
        return Finding(True, f"E-mail: it was made out to {email.strip()}.")
    return Finding(False, f"E-mail: it was not made out to {email.strip()}.")


def _reached(claims: Claims) -> list[Finding]:
    """A certificate whose points are below what it requires is none, whoever signed it."""
    found = []
    for part in claims.graded:
        points = f"{part.name}: {number(part.points)} of {number(part.most)} points"
        if part.points > part.most:
            found.append(Finding(False, f"Points: {points} are more than there are."))
        elif part.required is not None and part.points < part.required:
            found.append(Finding(False, f"Points: {points}, and {number(part.required)} were required."))
        elif part.required is not None:
            found.append(Finding(True, f"Points: {points}; {number(part.required)} were required."))
        else:
            found.append(Finding(True, f"Points: {points}."))
    return found
