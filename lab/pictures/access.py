"""A picture of who may do what, drawn from the answers of calls. For looking only: nothing here calls AWS."""

from collections.abc import Mapping
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from lab.pictures.figure import OKABE_ITO, Picture
from lab.pictures.shard_words import plural

ALLOWED_LOOK: Final[dict[str, Any]] = {"facecolor": OKABE_ITO[0], "edgecolor": "black"}
DENIED_LOOK: Final[dict[str, Any]] = {"facecolor": "#DDDDDD", "edgecolor": "#555555", "hatch": "///"}
PLATE: Final[dict[str, Any]] = {"boxstyle": "round,pad=0.2", "facecolor": "white", "linewidth": 0}
CENTRED: Final[dict[str, Any]] = {"ha": "center", "va": "center"}


def access_matrix(
    answers: Mapping[str, Mapping[str, bool]], across: str = "who calls", down: str = "call"
) -> Picture:
    """A row for each call, a column for each caller, and in each cell the word allowed or denied.

    `answers`: by call, then by caller, whether AWS answered (True) or denied (False); `across` and `down`
    say what columns and rows are, where they are not callers and calls. Raises ValueError when there is
    nothing to draw or a row has other columns than the first.
    """
    columns = list(next(iter(answers.values()), ()))
    if not columns:
        raise ValueError("nothing to draw: pass at least one call with at least one caller")
    for name, row in answers.items():
        if list(row) != columns:
            raise ValueError(f"{name!r} has the columns {list(row)}, the first row has {columns}")
    figure = Figure(figsize=(8.4, 1.5 + 0.46 * len(answers)), layout="constrained")
    axes = figure.add_subplot()
    for line, row in enumerate(answers.values()):
        for column, allowed in enumerate(row.values()):
            _draw_cell(axes, column, line, allowed=allowed)
    _label_cells(axes, list(answers), columns)
    axes.set_xlabel(across)
    axes.set_ylabel(down)
    every = [allowed for row in answers.values() for allowed in row.values()]
    title = f"{plural(len(every), 'call')}: {sum(every)} allowed, {len(every) - sum(every)} denied"
    axes.set_title(title, pad=10)
    return Picture(figure, _in_words(title, answers))


def _word(*, allowed: bool) -> str:
    return "allowed" if allowed else "denied"


def _draw_cell(axes: Axes, column: int, line: int, *, allowed: bool) -> None:
    look = ALLOWED_LOOK if allowed else DENIED_LOOK
    axes.add_patch(Rectangle((column - 0.5, line - 0.5), 1, 1, **look))
    axes.text(column, line, _word(allowed=allowed), fontsize=10, **CENTRED, bbox=PLATE)


def _label_cells(axes: Axes, rows: list[str], columns: list[str]) -> None:
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.tick_params(length=0)


def _in_words(title: str, answers: Mapping[str, Mapping[str, bool]]) -> str:
    lines = [f"Access matrix, {title}."]
    for name, row in answers.items():
        said = ", ".join(f"{column} {_word(allowed=allowed)}" for column, allowed in row.items())
        lines.append(f"{name}: {said}".replace("\n", " "))
    return "\n".join(lines)
