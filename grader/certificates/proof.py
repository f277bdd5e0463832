"""One Data Integrity proof, `eddsa-rdfc-2022` (W3C Recommendation vc-di-eddsa of 2025-05-15, 3.2).

What is signed is the document's RDF: a member that no context defines would not be signed at all. So a
document is held against its form (`grader.certificates.form`) before it is signed, and before a proof of it
is believed.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from grader.certificates.did_key import base58, did_of, from_base58, method_of, public_key

CONTEXTS = {
    "https://www.w3.org/ns/credentials/v2": (
        "credentials-v2.json",
        "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
    ),
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json": (
        "open-badges-3.0.3.json",
        "3d34f4d4ef1bce691106e63798beb5e7b862ba841423f5ee1e53ab7ddf3bca84",
    ),
}
"""The only contexts there are: file and SHA-256. The first digest is in VC Data Model 2.0, B.1, the second is
of what 1EdTech publishes."""
SIGNATURE_BYTES = 64


@cache
def context(url: str) -> Any:
    """Raises ValueError for another context, and for a file that is not what was published."""
    if url not in CONTEXTS:
        raise ValueError(f"no context {url[:200]!r} is known here, and none is fetched")
    name, digest = CONTEXTS[url]
    raw = (Path(__file__).with_name("contexts") / name).read_bytes()
    if hashlib.sha256(raw).hexdigest() != digest:
        raise ValueError(f"{name} is not the file that was published")
    return json.loads(raw)


def _loader(url: str, _options: object) -> dict[str, Any]:
    return {"contextUrl": None, "documentUrl": url, "document": context(url)}


def canonical(document: Mapping[str, Any]) -> bytes:
    """The document's RDF as canonical N-Quads (RDFC-1.0). Raises ValueError where it has none."""
    from pyld import jsonld

    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": _loader}
    try:
        return str(jsonld.normalize(dict(document), options)).encode()
    except jsonld.JsonLdError as error:
        raise ValueError(f"it is not JSON-LD: {error.args[0] if error.args else error}") from None


def _signed_bytes(document: Mapping[str, Any], proof: Mapping[str, Any]) -> bytes:
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    options["@context"] = document["@context"]
    bare = {name: value for name, value in document.items() if name != "proof"}
    return hashlib.sha256(canonical(options)).digest() + hashlib.sha256(canonical(bare)).digest()


def signed(document: Mapping[str, Any], key: Ed25519PrivateKey, created: str) -> dict[str, Any]:
    """The document with its proof. `created` is a time as in RFC 3339.

    Raises ValueError when its issuer is not the key's own name.
    """
    did = did_of(key.public_key())
    if document["issuer"]["id"] != did:
        raise ValueError("its issuer is not the key that signs")
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": created,
        "verificationMethod": method_of(did),
        "proofPurpose": "assertionMethod",
    }
    value = base58(key.sign(_signed_bytes(document, proof)))
    return {**document, "proof": {**proof, "proofValue": value}}


def holds(document: Mapping[str, Any]) -> bool:
    """Whether the proof is of this document and by its issuer's key. The document is in its form."""
    proof, did = document["proof"], document["issuer"]["id"]
    try:
        key, signature = public_key(did), from_base58(proof["proofValue"])
        if proof["verificationMethod"] != method_of(did) or len(signature) != SIGNATURE_BYTES:
            return False
        key.verify(signature, _signed_bytes(document, proof))
    except (ValueError, InvalidSignature):
        return False
    return True
