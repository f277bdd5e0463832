"""Reading what strangers handed in: plain files alone, never more than a limit, never waiting for anybody.

A pipe would be waited for without end, a device read without end, a link would lead to somebody else's file.
"""

import os
import stat
from pathlib import Path
from typing import Final

_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
)
"""Not all of them are everywhere."""


class NotReadError(OSError):
    """A file that is not read, with the reason as the end of a sentence about it."""


def read_plain(path: Path, most: int) -> bytes:
    """The content of a plain file of at most MOST bytes. Raises NotReadError."""
    if path.is_symlink():
        raise NotReadError("is a link; links are not followed")
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        raise NotReadError(f"cannot be read: {error.strerror}") from None
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise NotReadError("is no plain file (a pipe, a device or a folder)")
        try:
            content = file.read(most + 1)
        except OSError as error:
            raise NotReadError(f"cannot be read: {error.strerror}") from None
    if len(content) > most:
        size = max(found.st_size, len(content))
        raise NotReadError(f"has {size / 2**20:.0f} MiB; {most / 2**20:g} MiB are read at most")
    return content
