"""What a certificate says, and the Open Badges 3.0 document that says it; there and back.

The words of a document are Open Badges' own, none of ours: `eddsa-rdfc-2022` signs nothing that the two
contexts do not define. What has no word there stands in an evidence's narrative, one `name: value` a line.
"""

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from grader.certificates import form
from grader.certificates.form import FormError
from grader.certificates.proof import CONTEXTS

COURSE = "Amazon Kinesis Data Streams"
EXAM = "course exam"
SALT_BYTES = 16
GUIDES = "https://docs.aws.amazon.com/aws-certification/latest/"
"""AWS's exam guides, which the codes are of."""


class Kind(StrEnum):
    """Two things that are never confused, by Open Badges' `achievementType`."""

    RECORD = "Course"
    CERTIFICATE = "CertificateOfCompletion"


TITLES = {
    Kind.RECORD: f"Record of work: {COURSE}",
    Kind.CERTIFICATE: f"Certificate of completion: {COURSE}",
}
NO_AWS = "It is no certification by Amazon Web Services."
NOT_PROVED = {
    Kind.RECORD: (
        "The learner's own computer marked this work, and the learner's own key signed it. So the signature "
        "shows only that nothing was changed since: whoever signs can write any points. It does not prove "
        f"who did the work. An instructor can grade the same hand-in and compare. {NO_AWS}"
    ),
    Kind.CERTIFICATE: (
        "The issuer graded the hand-ins with hidden cases and signed what came of it. It does not prove who "
        "sat at the keyboard, or who helped. Whose key it is has to be learnt from the issuer, not from this "
        f"file. {NO_AWS}"
    ),
}
ABOUT = {
    Kind.RECORD: f"Work on a hands-on course on {COURSE}, as the learner's own computer marked it.",
    Kind.CERTIFICATE: f"Work on a hands-on course on {COURSE}, as its instructor graded it.",
}


@dataclass(frozen=True)
class Graded:
    """One assignment, or the exam: its points, and what makes it checkable."""

    name: str
    points: float
    most: float
    required: float | None = None
    """What had to be reached; None where nothing had to be."""
    facts: tuple[tuple[str, str], ...] = ()
    """Versions and digests, as `name: value` in the evidence."""

    @property
    def genre(self) -> str:
        return EXAM if self.name == EXAM else "graded hand-in"

    def fact(self, name: str) -> str | None:
        return dict(self.facts).get(name)


@dataclass(frozen=True)
class Skill:
    """A skill of an AWS exam that graded lessons serve."""

    exam: str
    number: str
    about: str


@dataclass(frozen=True)
class Claims:
    """All that a document says. Times are UTC, in whole seconds."""

    kind: Kind
    id: str
    """`urn:uuid:...`"""
    name: str
    """The learner's, as it was confirmed."""
    email_hash: str
    salt: str
    issuer: str
    """`did:key:...`"""
    issuer_name: str
    issued: datetime
    version: str
    """Of the course."""
    criteria: str
    graded: tuple[Graded, ...]
    skills: tuple[Skill, ...] = ()
    issuer_url: str | None = None
    replaces: str | None = None
    """The id of the one that this one corrects."""
    verify_at: str | None = None
    """Where the issuer offers the page that checks it."""


def email_hash(email: str, salt: str) -> str:
    """As Open Badges 3.0 has it: SHA-256 of the value and the salt. Case and outer blanks do not count."""
    return "sha256$" + hashlib.sha256((plain_email(email) + salt).encode()).hexdigest()


def plain_email(email: str) -> str:
    return email.strip().lower()


def new_id() -> str:
    return f"urn:uuid:{uuid.uuid4()}"


def number(value: float) -> str:
    """Points as text: at most three decimals, none that say nothing."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def moment(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _within(id_: str, part: str) -> str:
    """An id for a part of what has an id; the same each time."""
    return f"urn:uuid:{uuid.uuid5(uuid.UUID(id_.removeprefix('urn:')), part)}"


def document_of(claims: Claims) -> dict[str, Any]:
    """The document, not signed yet. Raises FormError where a claim does not fit into the form."""
    issuer = {"id": claims.issuer, "type": ["Profile"], "name": claims.issuer_name}
    document = {
        "@context": list(CONTEXTS),
        "id": claims.id,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": TITLES[claims.kind],
        "description": NOT_PROVED[claims.kind],
        "issuer": issuer | ({"url": claims.issuer_url} if claims.issuer_url else {}),
        "validFrom": moment(claims.issued),
        "credentialSubject": _subject(claims),
        "evidence": list(_evidence(claims)),
    }
    form.check(document, proof=False)
    return document


def _subject(claims: Claims) -> dict[str, Any]:
    name = {"hashed": False, "identityHash": claims.name, "identityType": "name"}
    email = {
        "hashed": True,
        "identityHash": claims.email_hash,
        "identityType": "emailAddress",
        "salt": claims.salt,
    }
    return {
        "type": ["AchievementSubject"],
        "identifier": [{"type": "IdentityObject", **name}, {"type": "IdentityObject", **email}],
        "achievement": _achievement(claims),
        "result": [
            {
                "type": ["Result"],
                "resultDescription": _within(claims.id, part.name),
                "value": number(part.points),
            }
            for part in claims.graded
        ],
    }


def _achievement(claims: Claims) -> dict[str, Any]:
    made = {
        "id": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, f'{TITLES[claims.kind]} {claims.version}')}",
        "type": ["Achievement"],
        "achievementType": claims.kind.value,
        "name": COURSE,
        "description": ABOUT[claims.kind],
        "criteria": {"narrative": claims.criteria},
        "version": claims.version,
        "resultDescription": [_described(claims.id, part) for part in claims.graded],
    }
    skills = [_aligned(skill) for skill in claims.skills]
    return made | ({"alignment": skills} if skills else {})  # an empty array must not be written


def _described(id_: str, part: Graded) -> dict[str, Any]:
    known = {"id": _within(id_, part.name), "type": ["ResultDescription"], "name": part.name}
    known |= {"resultType": "RawScore", "valueMin": "0", "valueMax": number(part.most)}
    return known | ({} if part.required is None else {"requiredValue": number(part.required)})


def _aligned(skill: Skill) -> dict[str, Any]:
    return {
        "type": ["Alignment"],
        "targetName": skill.about,
        "targetCode": skill.number,
        "targetFramework": f"AWS exam guide {skill.exam}",
        "targetUrl": GUIDES,
    }


def _evidence(claims: Claims) -> Iterable[dict[str, Any]]:
    for part in claims.graded:
        lines = "\n".join(f"{name}: {value}" for name, value in part.facts)
        yield {
            "type": ["Evidence"],
            "name": part.name,
            "genre": part.genre,
            "narrative": lines or "points alone",
        }
    if claims.replaces:
        words = f"replaces: {claims.replaces}"
        yield {"type": ["Evidence"], "name": "It replaces", "genre": "correction", "narrative": words}
    if claims.verify_at:
        words = "The issuer's page that checks this file."
        yield {
            "id": claims.verify_at,
            "type": ["Evidence"],
            "name": "Where to check it",
            "genre": "verification",
            "narrative": words,
        }


def claims_of(document: Mapping[str, Any]) -> Claims:
    """What a document in the form says. Raises FormError where its parts do not agree."""
    subject, issuer = document["credentialSubject"], document["issuer"]
    achievement, (name, email) = subject["achievement"], subject["identifier"]
    kind = Kind(achievement["achievementType"])
    if document["name"] != TITLES[kind]:
        raise FormError("has the title of one kind and says that it is of another")
    try:
        issued = datetime.strptime(document["validFrom"], "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        raise FormError("has a date that there is not") from None
    others = {entry["genre"]: entry for entry in document["evidence"]}
    correction, verification = others.get("correction"), others.get("verification")
    return Claims(
        kind=kind,
        id=document["id"],
        name=name["identityHash"],
        email_hash=email["identityHash"],
        salt=email["salt"],
        issuer=issuer["id"],
        issuer_name=issuer["name"],
        issuer_url=issuer.get("url"),
        issued=issued,
        version=achievement["version"],
        criteria=achievement["criteria"]["narrative"],
        graded=tuple(_graded(document)),
        skills=tuple(_skill(entry) for entry in achievement.get("alignment", ())),
        replaces=correction["narrative"].removeprefix("replaces: ") if correction else None,
        verify_at=verification.get("id") if verification else None,
    )


def _graded(document: Mapping[str, Any]) -> Iterable[Graded]:
    subject = document["credentialSubject"]
    values = {entry["resultDescription"]: entry["value"] for entry in subject["result"]}
    narratives = {
        entry["name"]: entry["narrative"]
        for entry in document["evidence"]
        if entry["genre"] in ("graded hand-in", EXAM)
    }
    for entry in subject["achievement"]["resultDescription"]:
        required = entry.get("requiredValue")
        lines = [line.partition(": ") for line in narratives.get(entry["name"], "").split("\n")]
        yield Graded(
            name=entry["name"],
            points=float(values[entry["id"]]),
            most=float(entry["valueMax"]),
            required=None if required is None else float(required),
            facts=tuple((name, value) for name, colon, value in lines if colon),
        )


def _skill(entry: Mapping[str, str]) -> Skill:
    return Skill(
        entry["targetFramework"].removeprefix("AWS exam guide "), entry["targetCode"], entry["targetName"]
    )
