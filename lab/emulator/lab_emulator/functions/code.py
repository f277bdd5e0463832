"""A function's code: the zip that it comes in, and the folder that it is run from. No LocalStack here."""

import base64
import hashlib
import io
import shutil
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MIB: Final = 2**20
LARGEST_ZIP: Final = 50 * MIB
LARGEST_UNZIPPED: Final = 250 * MIB
"""Lambda quotas, "Deployment package (.zip file archive) size"."""
MOST_FILES: Final = 20_000
"""The lab's own limit."""


class UnusableCodeError(ValueError):
    """The zip is none, or too large; the message is for who sent it."""


@dataclass(frozen=True)
class Code:
    """`sha256`: base64, as the API tells it. `size`: bytes of the zip."""

    folder: Path
    sha256: str
    size: int

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def digest(content: bytes) -> str:
    """CodeSha256 of a zip."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def check(content: bytes) -> None:
    """Raises UnusableCodeError for what can't be a function's code."""
    if len(content) > LARGEST_ZIP:
        raise UnusableCodeError(
            f"The zip has {len(content)} bytes; a function's may have {LARGEST_ZIP} at most."
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise _unreadable() from None
    if not files:
        raise UnusableCodeError("Uploaded file must be a non-empty zip")
    if len(files) > MOST_FILES:
        raise UnusableCodeError(f"The zip has {len(files)} files; the lab takes {MOST_FILES} at most.")
    if (size := sum(one.file_size for one in files)) > LARGEST_UNZIPPED:
        raise UnusableCodeError(
            f"Unzipped size must be smaller than {LARGEST_UNZIPPED} bytes, and is {size}."
        )


def unpack(content: bytes) -> Code:
    """The code in a folder of its own. Raises UnusableCodeError."""
    check(content)
    folder = Path(tempfile.mkdtemp(prefix="lab-code-"))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(folder)  # which takes away what leads out of the folder
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, NotImplementedError, EOFError):
        shutil.rmtree(folder, ignore_errors=True)
        raise _unreadable() from None
    return Code(folder, digest(content), len(content))


def _unreadable() -> UnusableCodeError:
    return UnusableCodeError(
        "Could not unzip uploaded file. Please check your file, then try to upload again."
    )
