"""The prose of a lesson: what a person reads as sentences, without code, formulas, links' targets and mark-up."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from grader.bank.numbers import CODE, FENCED

LINK: Final = re.compile(r"\[([^\]]*)\]\([^)]*\)")
COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)
ITEM: Final = re.compile(r"^\s*(?:[-*]|\d+\.)\s+")
# A sentence ends at . ? or ! (and a bracket or quotation mark behind it) before a capital, a digit or mark-up. A
# colon before a list ends one too, since the list's items are sentences apart.
END: Final = re.compile(r"(?<=[.?!…])(?:\)|\*\*|”)*\s+(?=[\"“(*`A-Z0-9])")
LEAST_WORDS: Final = 4
"""Below that a piece of text is a label, not a sentence."""


@dataclass(frozen=True)
class Block:
    """A paragraph, an item of a list or a cell of a table; `cell` is the id of the notebook's cell."""

    cell: str
    text: str
    table: bool = False


def _lines(source: str) -> Iterator[tuple[bool, str]]:
    """Whether a line belongs to a table, and the pieces of text, each on one line."""
    paragraph: list[str] = []
    for raw in [*COMMENT.sub("", FENCED.sub("", source)).splitlines(), ""]:
        line = re.sub(r"^(?:>\s?)+", "", raw).strip()
        starts = not line or line.startswith(("|", "#")) or ITEM.match(line)
        if starts and paragraph:
            yield False, " ".join(paragraph)
            paragraph = []
        if line.startswith("|"):
            if not re.fullmatch(r"[|\s:-]+", line):
                yield from ((True, piece.strip()) for piece in line.strip("|").split("|"))
        elif line and not line.startswith("#"):
            paragraph.append(ITEM.sub("", line))


def blocks(notebook: Any) -> list[Block]:
    """The texts of a notebook's markdown cells, in their order; headings are left out."""
    return [
        Block(cell.id, text, table)
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for table, text in _lines(cell.source)
        if text
    ]


def plain(text: str) -> str:
    """TEXT without mark-up: links as their words, code as it stands."""
    return " ".join(
        LINK.sub(r"\1", text).replace("**", "").replace("`", "").replace("*", "").split()
    )


def without_code(text: str) -> str:
    """TEXT without mark-up, with a word for each piece of code (a name is read as one word)."""
    return plain(CODE.sub("code", text))


def sentences(text: str) -> list[str]:
    """The sentences of a block, with their mark-up."""
    return [piece.strip() for piece in END.split(text) if piece.strip()]


def told(notebook: Any) -> set[str]:
    """Every sentence and every cell of a table, without mark-up: what a claim may point to."""
    return {
        plain(sentence)
        for block in blocks(notebook)
        for sentence in ([block.text] if block.table else sentences(block.text))
    }


def running_text(notebook: Any) -> str:
    """The sentences one after the other, for a measure of readability: no code, tables or labels.

    The list of objectives stands at the beginning and at the end in the same words, which the index of the course
    fixes, and the line of minutes is no sentence: both are left out.
    """
    cells = [
        cell
        for cell in notebook.cells
        if not re.match(r"## You (?:will be able to|can now) …", cell.source)
    ]
    read = blocks(_Some(cells))
    kept = [
        without_code(sentence).rstrip(":;")
        for block in read
        if not block.table
        for sentence in sentences(block.text)
        if len(without_code(sentence).split()) >= LEAST_WORDS
    ]
    return " ".join(sentence if sentence[-1] in ".?!" else f"{sentence}." for sentence in kept)


@dataclass(frozen=True)
class _Some:
    cells: list[Any]
