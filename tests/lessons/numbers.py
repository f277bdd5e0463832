"""Find the numbers in a notebook's outputs that the sanitiser leaves alone, and change one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import nbformat

from .course import patterns

COMPARED = ("text/plain", "text/html")


@dataclass(frozen=True)
class Place:
    """A text in a cell's outputs that nbval compares: a stream's, or the data of one type."""

    output: int
    mime: str | None

    def text(self, cell: nbformat.NotebookNode) -> str:
        output = cell.outputs[self.output]
        return str(output.text if self.mime is None else output.data[self.mime])

    def replace(self, cell: nbformat.NotebookNode, text: str) -> None:
        output = cell.outputs[self.output]
        if self.mime is None:
            output.text = text
        else:
            output.data[self.mime] = text


def places(cell: nbformat.NotebookNode) -> Iterator[Place]:
    """The texts of a cell's outputs that hold at least one plain number."""
    for index, output in enumerate(cell.outputs):
        mimes = [None] if output.output_type == "stream" else list(output.get("data", {}))
        for mime in mimes:
            place = Place(index, mime)
            if (mime is None or mime in COMPARED) and plain_numbers(place.text(cell)):
                yield place


def plain_numbers(text: str) -> list[tuple[int, int]]:
    """Where the numbers are that the sanitiser does not replace."""
    hidden = [match.span() for pattern in patterns() for match in pattern.finditer(text)]
    return [
        match.span()
        for match in re.finditer(r"\d+", text)
        if not any(start <= match.start() < end for start, end in hidden)
    ]


def with_another_number(text: str, which: int) -> str:
    """TEXT with one digit of one plain number changed."""
    spans = plain_numbers(text)
    position = spans[which % len(spans)][1] - 1
    digit = str((int(text[position]) + 1) % 10)
    return text[:position] + digit + text[position + 1 :]
