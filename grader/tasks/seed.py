"""The secret seed of the hidden cases: a file that only its owner can read."""

import hashlib
import secrets
import stat
from pathlib import Path

from grader.whereabouts import CallError
from lab.machine.whole_files import write_whole


def read_or_make(path: Path, *, make: bool) -> bytes:
    """The seed in `path`; a new one, mode 0600, when there is none and `make` is true.

    Raises CallError when it is missing, empty, or readable by others.
    """
    if not path.exists() and make:
        write_whole(path, secrets.token_hex(32) + "\n", mode=0o600)
    try:
        mode = path.stat().st_mode
        seed = path.read_bytes().strip()
    except OSError as error:
        raise CallError(f"The seed file {path} cannot be read: {error.strerror}.") from None
    if mode & (stat.S_IRGRP | stat.S_IROTH | stat.S_IWGRP | stat.S_IWOTH):
        raise CallError(
            f"The seed file {path} can be read by others, and with it the hidden cases. "
            f"Run chmod 600 {path}, and take a new seed if anybody may have seen it."
        )
    if len(seed) < 16:
        raise CallError(f"The seed in {path} has {len(seed)} bytes; take at least 16.")
    return seed


def digest(seed: bytes) -> str:
    """What may be shown of a seed."""
    return hashlib.sha256(seed).hexdigest()[:16]
