"""The cell that ran before a check: when it stopped with an error, the check sees an older answer."""

import re
import sys
from collections.abc import Iterable
from typing import Any

from grader.tasks.answers import words_of


def told(names: Iterable[str]) -> str:
    """Words where the cell that was to give one of the NAMES a value stopped just before; else none."""
    error = _error_of_last_cell(names)
    if error is None:
        return ""
    return f"The cell that you ran before this check stopped with {error}. Mend it, run it again, then check."


def _error_of_last_cell(names: Iterable[str]) -> str | None:
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    ran: Any = getattr(shell, "last_execution_result", None)
    if ran is None:
        return None
    error = ran.error_before_exec or ran.error_in_exec
    if error is None or not any(_gives(str(ran.info.raw_cell), name) for name in names):
        return None
    # A SyntaxError's own text names a file, which is the cell.
    words = error.msg if isinstance(error, SyntaxError) else words_of(error)
    line = f" in line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
    kind = type(error).__name__
    if isinstance(error, SyntaxError) and kind.startswith("_"):
        kind = "SyntaxError"  # newer Pythons have a private kind for a cell that is not finished
    return f"{kind}{f': {words}' if words else ''}{line}"


def _gives(cell: str, name: str) -> bool:
    """Whether the CELL was to give NAME a value; it may be one that Python can't read."""
    own = re.escape(name)
    return (
        re.search(rf"\b(def|class)\s+{own}\b|^\s*{own}\s*(:[^=\n]*)?=(?!=)", cell, re.MULTILINE) is not None
    )
