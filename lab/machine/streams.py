"""Words for a terminal of any encoding: what it cannot show is replaced, and never an error."""

import codecs
import io
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
