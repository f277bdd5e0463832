"""A certificate of ours is one for others' software too, and whatever was changed in it is refused by all.

The others: openbadgeslib (Python, with PyLD) and @digitalbazaar/vc (JavaScript, with jsonld.js), both
offline. The page's own questions are asked beside them, so that a browser says what the command says.
"""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from openbadgeslib.ob3 import OB3LdpVerifier, OB3VerificationError

from grader.certificates.checking import Asked, check
from grader.certificates.did_key import base58, did_of, from_base58, method_of
from grader.certificates.document import Kind
from tests.grader.certificates import made
from tests.grader.certificates.conftest import NodeProgram
from tests.grader.certificates.made import ISSUER, Document

ASKED = Asked(issuer=ISSUER, email=made.EMAIL)
Verdicts = Callable[[list[Document]], dict[str, list[bool]]]


def ours(document: Document) -> bool:
    return check(made.file_of(document), ASKED).good


def openbadgeslib(document: Document) -> bool:
    try:
        OB3LdpVerifier.for_issuer_did(ISSUER).verify(json.loads(json.dumps(document)))
    except OB3VerificationError:
        return False
    return True


@pytest.fixture
def verdicts(node_program: NodeProgram) -> Verdicts:
    """Whether each of the four takes each of the documents for good."""

    def found(documents: list[Document]) -> dict[str, list[bool]]:
        asked = {"issuer": ISSUER, "email": made.EMAIL}
        questions = [{"text": made.file_of(document).decode(), "asked": asked} for document in documents]
        return {
            "ours": list(map(ours, documents)),
            "openbadgeslib": list(map(openbadgeslib, documents)),
            "digitalbazaar": node_program("others.mjs", documents),
            "page": [entry["verdict"][:4] == "GOOD" for entry in node_program("page_check.mjs", questions)],
        }

    return found


def accepted(names: list[str], found: Mapping[str, list[bool]]) -> dict[str, list[str]]:
    """What each of them wrongly takes, by name."""
    return {
        who: [name for name, good in zip(names, goods, strict=True) if good] for who, goods in found.items()
    }


NOBODY = {"ours": [], "openbadgeslib": [], "digitalbazaar": [], "page": []}


def test_a_genuine_one_is_accepted_by_all(verdicts: Verdicts) -> None:
    certificates = [
        made.signed(made.claims()),
        made.signed(made.small()),
        made.signed(made.claims(name="Zoë Łukasz 李")),
    ]
    assert verdicts(certificates) == {who: [True] * 3 for who in NOBODY}


def test_every_leaf_changed_or_taken_away_is_refused_by_all(verdicts: Verdicts) -> None:
    names, documents = zip(*made.edits(made.signed(made.claims())), strict=True)
    assert len(names) > 150
    assert accepted(list(names), verdicts(list(documents))) == NOBODY


def test_every_bit_of_the_signature_counts(node_program: NodeProgram, verdicts: Verdicts) -> None:
    genuine = made.signed(made.small())
    signature = int.from_bytes(from_base58(genuine["proof"]["proofValue"]), "big")
    flipped = [
        made.put(genuine, ("proof", "proofValue"), base58((signature ^ 1 << bit).to_bytes(64, "big")))
        for bit in range(512)
    ]
    assert not any(node_program("others.mjs", flipped))
    sample = flipped[::4]
    assert accepted(list(map(str, range(0, 512, 4))), verdicts(sample)) == NOBODY


def forged_by_another_key() -> Document:
    """Signed by another key, in this issuer's name."""
    other = made.signed(made.claims(issuer=made.OTHER_ISSUER), made.OTHER_KEY)
    return made.put(other, ("issuer", "id"), ISSUER)


def named_with_its_key() -> Document:
    return made.put(forged_by_another_key(), ("proof", "verificationMethod"), method_of(ISSUER))


def signed_twice() -> Document:
    genuine = made.signed(made.claims())
    return {**genuine, "proof": [genuine["proof"], genuine["proof"]]}


def added(path: tuple[Any, ...], value: Any) -> Callable[[], Document]:
    return lambda: made.put(made.signed(made.claims()), path, value)


def moved(path: tuple[str, ...], **by: int) -> Callable[[], Document]:
    return lambda: made.moved(made.signed(made.claims()), path, timedelta(**by))


FORGED: dict[str, Callable[[], Document]] = {
    "another key in this issuer's name": forged_by_another_key,
    "and the method is this issuer's": named_with_its_key,
    "the date a day earlier": moved(("validFrom",), days=-1),
    "the date a year earlier": moved(("validFrom",), days=-365),
    "the time of signing moved": moved(("proof", "created"), seconds=1),
    "a date that ends it, added": added(("validUntil",), "2036-01-01T00:00:00Z"),
    "a member that no context defines": added(("grade",), "with distinction"),
    "one in the subject": added(("credentialSubject", "honours"), "all of them"),
    "one in the proof": added(("proof", "honours"), "all of them"),
    "another e-mail's hash": added(
        ("credentialSubject", "identifier", 1, "identityHash"), "sha256$" + "0" * 64
    ),
    "more results": added(
        ("credentialSubject", "result", 0, "value"), "20"
    ),
}  # fmt: skip


def test_forgeries_are_refused_by_all(verdicts: Verdicts) -> None:
    names = list(FORGED)
    assert accepted(names, verdicts([FORGED[name]() for name in names])) == NOBODY


def test_two_proofs_are_refused_by_ours(verdicts: Verdicts) -> None:
    """Others may verify a list of proofs; there is one proof in our form."""
    found = verdicts([signed_twice()])
    assert (found["ours"], found["page"]) == ([False], [False])


def test_what_is_asked_for_is_told_alike_by_command_and_page(node_program: NodeProgram) -> None:
    record = made.signed(
        made.claims(kind=Kind.RECORD, issuer=made.OTHER_ISSUER, issuer_name="Ada"), made.OTHER_KEY
    )
    certificate = made.signed(made.claims())
    too_few = made.signed(made.claims(graded=(made.Graded("02-shards", 13, 20, 14),)))
    to_come = made.signed(made.claims(issued=made.DAY.replace(year=2096)))
    known = [{"did": ISSUER, "name": "The school", "until": "", "ended": ""}]
    questions: list[tuple[Document, dict[str, Any], bool]] = [
        (certificate, {"issuer": ISSUER}, True),
        (certificate, {"issuer": ISSUER, "email": f" {made.EMAIL.title()} "}, True),
        (certificate, {"issuer": ISSUER, "email": "grace@example.org"}, False),
        (certificate, {"issuer": made.OTHER_ISSUER}, False),
        (certificate, {}, False),
        (certificate, {"issuers": known}, True),
        (certificate, {"issuers": [known[0] | {"until": "2026-11-28", "ended": "lost"}]}, False),
        (certificate, {"issuers": [known[0] | {"until": "2026-11-29", "ended": "lost"}]}, True),
        (certificate, {"issuers": [known[0] | {"until": "2027-11-29", "ended": "stolen"}]}, False),
        (certificate, {"issuer": ISSUER, "record": True}, False),
        (record, {}, False),
        (record, {"record": True}, True),
        (record, {"record": True, "issuer": ISSUER}, False),
        (too_few, {"issuer": ISSUER}, False),
        (to_come, {"issuer": ISSUER}, False),
        (made.put(certificate, ("name",), "Another title"), {"issuer": ISSUER}, False),
        (made.put(certificate, ("description",), "Another one"), {"issuer": ISSUER}, False),
    ]
    said = node_program(
        "page_check.mjs",
        [{"text": made.file_of(doc).decode(), "asked": asked} for doc, asked, _ in questions],
    )
    for (document, asked, good), answer in zip(questions, said, strict=True):
        checked = check(made.file_of(document), made.asked(asked))
        assert checked.good is good, (asked, checked)
        assert checked.verdict == answer["verdict"]
        theirs = [(entry["good"], entry["words"]) for entry in answer["findings"]]
        # The command says where it is named; the page has a field for it.
        words = [
            (f.good, f.words.replace(" with --issuer, or in issuers.toml.", " here."))
            for f in checked.findings
        ]
        assert words == theirs


def test_a_key_is_its_name() -> None:
    """The example of the did:key specification's test vectors, and texts that are none."""
    did = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
    raw = bytes.fromhex("ed013b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29")
    assert from_base58(did.removeprefix("did:key:")) == raw
    assert base58(raw) == did.removeprefix("did:key:")
    assert did_of(made.KEY.public_key()) == ISSUER
    for text in ("", "m123", "z0", "z" + "1" * 1000):
        with pytest.raises(ValueError, match=r"base58|substring"):
            from_base58(text)
