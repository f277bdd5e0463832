"""Small tables for a notebook: plain HTML for the page, aligned text for everything else."""

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lab.pictures.shard_words import Shard, parents_of, percent, shard_number
from lab.rules.hash_space import is_open, range_of

LEFT, RIGHT = ' style="text-align: left"', ' style="text-align: right"'
"""JupyterLab sets every cell that says nothing to the right, words too."""


_HASH_KEY = re.compile(r"\d{30,}")
"""At most 39 digits; no other number in a table has so many."""


@dataclass(frozen=True)
class Table:
    """Rows under named columns, with a caption that says what they are."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]

    def _repr_html_(self) -> str:
        columns = zip(self.columns, map(self._side, range(len(self.columns))), strict=True)
        head = "".join(f'<th scope="col"{style}>{html.escape(name)}</th>' for name, style in columns)
        body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in self.rows)
        caption = f"<caption>{html.escape(self.caption)}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _side(self, column: int) -> str:
        """The style of a column's heading: it stands over what is below it."""
        return RIGHT if self.rows and all(_is_number(row[column]) for row in self.rows) else LEFT

    def __repr__(self) -> str:
        grid = [list(self.columns), *([str(value) for value in row] for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
        lines = [self.caption]
        for row, values in zip([self.columns, *self.rows], grid, strict=True):
            lines.append("  ".join(map(_aligned, row, values, widths)).rstrip())
        return "\n".join(lines)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cell(value: object) -> str:
    style = RIGHT if _is_number(value) else LEFT
    unbroken = html.escape(str(value)).replace(" ", "&nbsp;")
    return f"<td{style}>{_HASH_KEY.sub(_may_break, unbroken)}</td>"


def _may_break(number: re.Match[str]) -> str:
    """A hash key in thirds: where the window is narrow, it goes on below, and nothing scrolls sideways."""
    return "<wbr>".join(re.findall(r"\d{1,13}", number[0]))


def _aligned(value: object, text: str, width: int) -> str:
    return text.rjust(width) if _is_number(value) else text.ljust(width)


def shard_table(shards: Iterable[Shard]) -> Table:
    """The shards that ListShards returned. The long hash keys come last, and may break."""
    rows = [
        (
            shard_number(shard["ShardId"]),
            "open" if is_open(shard) else "closed",
            " and ".join(map(shard_number, parents_of(shard))) or "–",
            percent(range_of(shard).share),
            range_of(shard).start,
            range_of(shard).end,
        )
        for shard in shards
    ]
    columns = ("shard", "state", "parents", "share", "first hash key", "last hash key")
    return Table("Shards", columns, rows)
