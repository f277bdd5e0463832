"""Words for a terminal of any encoding: what it cannot show is replaced, and never an error."""

import codecs
import io
import os
import sys
from typing import Final

PLAIN: Final = {
    "“": '"', "”": '"', "’": "'", "…": "...", "→": "->", "–": "-", "·": "-", "×": "x",
    "✔": "+", "✘": "x", "◐": "~", "○": "o", "━": "-",
}  # fmt: skip
"""What our own words use beyond ASCII, for terminals that do not know it."""
HANDLER: Final = "plain"


def _plain(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    lost = error.object[error.start : error.end]
    return "".join(PLAIN.get(char, "?") for char in lost), error.end


def bear_any_encoding() -> None:
    """Let both streams of this process show what they can of every text."""
    codecs.register_error(HANDLER, _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=HANDLER)


def begin_in_utf8() -> None:
    """Begin this program anew where names of files would be read in another encoding than UTF-8.

    A name that this machine's locale cannot say could neither be made nor shown. The terminal keeps its own.
    """
    if sys.getfilesystemencoding().lower() == "utf-8" or os.environ.get("PYTHONUTF8") == "1":
        return
    terminal = getattr(sys.stdout, "encoding", None) or "ascii"
    environment = {**os.environ, "PYTHONUTF8": "1", "PYTHONIOENCODING": f"{terminal}:replace"}
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)
