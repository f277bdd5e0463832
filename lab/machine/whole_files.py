"""Files that others see whole or not at all: written beside their place, then renamed."""

import os
import tempfile
from pathlib import Path


def write_whole(file: Path, content: str | bytes, mode: int = 0o644) -> None:
    """Replace FILE by CONTENT in one step, so that a crash or a reader never meets half of it.

    Makes the folder when it is missing. Raises OSError when the disk is full or the folder not writable.
    """
    data = content.encode() if isinstance(content, str) else content
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(data)
            opened.flush()
            os.fsync(opened.fileno())
        Path(unfinished).chmod(mode)
        Path(unfinished).replace(file)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
