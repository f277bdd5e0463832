"""Long words, such as an error's, cut so that a reader sees how they begin and how they end."""

from typing import Final

MOST: Final = 300
"""Characters of an error's words that are shown."""
GAP: Final = " … "


def in_brief(words: str, most: int = MOST) -> str:
    """WORDS in at most MOST characters: of longer ones the beginning and the end, with a “…” between.

    An error often says last what is wrong: what it was given stands before.
    """
    if len(words) <= most:
        return words
    end = (most - len(GAP)) // 2
    return f"{words[: most - len(GAP) - end].rstrip()}{GAP}{words[-end:].lstrip()}"
