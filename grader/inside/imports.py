"""Which modules Python code imports, from its text."""

import re
from collections.abc import Iterator
from typing import Final

IMPORTED: Final = re.compile(
    r"(?:^|[;:])[ \t]*(?:from|import)[ \t]+([^#;\n]*?)(?:[ \t]import\b|[#;\n]|$)", re.MULTILINE
)


def modules_in(text: str) -> Iterator[str]:
    """The first part of each name, such as `os` of `os.path`."""
    for names in IMPORTED.findall(text):
        for name in names.split(","):
            yield name.strip().partition(" ")[0].partition(".")[0]
