"""Whose keys are known: `issuers.toml`. A `did:key` is only a key, so a list says who has it, and until
when."""

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from grader.certificates.did_key import public_key
from grader.whereabouts import CallError

FILE_NAME = "issuers.toml"
ENDED = ("replaced", "lost", "stolen")


@dataclass(frozen=True)
class Issuer:
    """A key and who has it."""

    did: str
    name: str
    until: date | None = None
    """The last day of what it signed; None: it is in use."""
    ended: str = ""
    """Why it is not in use any more: replaced, lost or stolen. Whoever stole it can write any date."""


def read_issuers(path: Path) -> list[Issuer]:
    """The issuers of a file; none where there is no file. Raises CallError for one that is damaged."""
    if not path.is_file():
        return []
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("issuer", [])
    except ValueError as error:
        raise CallError(f"{path.name} is not a TOML file in UTF-8: {error}.") from None
    if not isinstance(entries, list):
        raise CallError(f"{path.name}: write each issuer under a line [[issuer]].")
    found = [_issuer(entry, f"{path.name}, issuer {number}") for number, entry in enumerate(entries, 1)]
    dids = [issuer.did for issuer in found]
    if twice := sorted({did for did in dids if dids.count(did) > 1}):
        raise CallError(f"{path.name} names {twice[0]} twice.")
    return found


def _issuer(entry: Any, where: str) -> Issuer:
    if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str) for key in ("did", "name")):
        raise CallError(f'{where}: it wants did = "did:key:z6Mk..." and name = "...".')
    if unknown := sorted(entry.keys() - {"did", "name", "until", "ended"}):
        raise CallError(f"{where}: there is no {unknown[0]!r}; there are did, name, until and ended.")
    try:
        public_key(entry["did"])
    except ValueError as error:
        raise CallError(f"{where}: {error}.") from None
    until, ended = entry.get("until"), entry.get("ended", "")
    if (until is None) != (ended == ""):
        raise CallError(f"{where}: until and ended stand together, or neither of them.")
    if until is not None and (type(until) is not date or ended not in ENDED):
        raise CallError(f"{where}: until is a day, like 2027-03-31, and ended is one of {', '.join(ENDED)}.")
    return Issuer(entry["did"], entry["name"], until, ended)
