"""The one form that a certificate of this course has, as `credential.schema.json` says it.

Narrower than Open Badges 3.0 allows: no member that the schema does not name, so nothing in it is unsigned.
The page for a browser holds a document against the same file.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

SCHEMA_FILE = Path(__file__).with_name("credential.schema.json")
LARGEST = 2**20
"""Bytes of a file that is read at all; a certificate of every assignment has about 30,000."""


class FormError(ValueError):
    """What is wrong with a document, in words that go on after "it"."""


@cache
def _schema() -> Any:
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator(schema)


def read(raw: bytes) -> dict[str, Any]:
    """The document in a file's bytes. Raises FormError for what is not in the form."""
    if len(raw) > LARGEST:
        raise FormError(f"is larger than {LARGEST} bytes")
    try:
        document = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_once)
    except RecursionError:
        raise FormError("is nested too deep") from None
    except FormError:
        raise
    except ValueError:
        raise FormError("is not JSON in UTF-8") from None
    check(document)
    assert isinstance(document, dict)
    return document


def text_of(document: dict[str, Any]) -> str:
    """A document as its file has it."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """What one program reads as the first of two, another may read as the last."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise FormError("names a member twice")
    return found


def check(document: Any, *, proof: bool = True) -> None:
    """Raises FormError for a document that is not in the form; `proof`: it is signed already."""
    if not proof:
        document = {**document, "proof": _ANY_PROOF}
    for error in _schema().iter_errors(document):
        where = "/".join(map(str, error.absolute_path)) or "its top"
        raise FormError(f"is not in the form of a certificate of this course (at {where[:200]})")
    ids = [entry["id"] for entry in document["credentialSubject"]["achievement"]["resultDescription"]]
    if sorted(ids) != sorted(entry["resultDescription"] for entry in document["credentialSubject"]["result"]):
        raise FormError("has results that are not of what it describes")
    if len(set(ids)) < len(ids):
        raise FormError("describes a result twice")


_ANY_PROOF = {
    "type": "DataIntegrityProof",
    "cryptosuite": "eddsa-rdfc-2022",
    "created": "2026-01-01T00:00:00Z",
    "verificationMethod": "did:key:z6Mk" + "1" * 44 + "#z6Mk" + "1" * 44,
    "proofPurpose": "assertionMethod",
    "proofValue": "z" + "1" * 80,
}
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""Characters that can't be seen or turn others around: a name with them may look like another name."""
