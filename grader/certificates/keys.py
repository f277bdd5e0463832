"""A key of one's own: made once, in a file that only its owner can read, with a passphrase if one is wanted.

It lies in the user's own folder of settings, outside every course, so no repository ever holds it.
"""

import os
import stat
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from grader.certificates.did_key import did_of
from grader.whereabouts import CallError
from lab.machine.whole_files import write_whole

LEARNER, ISSUER = "learner", "issuer"
ENCRYPTED = b"ENCRYPTED PRIVATE KEY"
OTHERS = stat.S_IRWXG | stat.S_IRWXO
TRIES = 3

Ask = Callable[[str], str]
"""Asks for a passphrase, which is not shown."""


def default_place(whose: str) -> Path:
    """Where a key is when no other place is named: LEARNER's or ISSUER's."""
    settings = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(settings) / "kinesis-course" / f"{whose}.key"


def make(path: Path, ask: Ask | None, root: Path | None = None) -> Ed25519PrivateKey:
    """A new key in PATH. `ask`: for a passphrase, twice; None: nobody is there to be asked, and it has none.

    Raises CallError where a key is already, or where a repository or the course (`root`) would hold it.
    """
    if path.exists():
        raise CallError(
            f"There is a key in {path} already. A key is made once; name another file for another."
        )
    _refuse_inside(path, root)
    words = _new_passphrase(ask) if ask else ""
    protection: KeySerializationEncryption = (
        BestAvailableEncryption(words.encode()) if words else NoEncryption()
    )
    key = Ed25519PrivateKey.generate()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection), mode=0o600)
    return key


def _refuse_inside(path: Path, root: Path | None) -> None:
    folders = path.resolve().parents
    inside = root is not None and root.resolve() in folders
    if inside or any((above / ".git").exists() for above in folders):
        raise CallError(
            f"{path} lies in a course or a repository, and would go wherever that goes. Name another place."
        )


def _new_passphrase(ask: Ask) -> str:
    for _ in range(TRIES):
        words = ask("A passphrase for your new key (Enter: none): ")
        if not words or ask("The same once more: ") == words:
            return words
    raise CallError("The two were never the same. No key was made.")


def load(path: Path, ask: Ask | None) -> Ed25519PrivateKey:
    """The key in PATH. Raises CallError where there is none, where others can read it, and for a wrong
    passphrase."""
    try:
        mode, raw = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise CallError(f"The key {path} cannot be read: {error.strerror}.") from None
    if mode & OTHERS:
        raise CallError(
            f"The key {path} can be read by others, so they can sign in your name. If nobody has read it, "
            f"run chmod 600 {path}. Else take another key and say in issuers.toml that this one was stolen."
        )
    if ENCRYPTED not in raw:
        return _opened(path, raw, None)
    if ask is None:
        raise CallError(
            f"The key {path} has a passphrase. Call this in a terminal, or use --passphrase-file."
        )
    return _opened(path, raw, ask(f"The passphrase of {path}: ").encode())


def _opened(path: Path, raw: bytes, passphrase: bytes | None) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(raw, passphrase)
    except (ValueError, TypeError):
        wrong = (
            "The passphrase is wrong, or the file is damaged." if passphrase is not None else "It is damaged."
        )
        raise CallError(f"The key {path} cannot be opened. {wrong}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise CallError(f"The key {path} is of another kind than Ed25519.")
    return key


def name_of(key: Ed25519PrivateKey) -> str:
    """`did:key:...`, which may be shown to everybody."""
    return did_of(key.public_key())
