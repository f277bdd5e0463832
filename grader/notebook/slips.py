"""Slips of form that a check can name beside what it saw: a name nearly right, other parameters, a value that
is printed and not returned."""

import difflib
import inspect
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from grader.marking.part_marks import shorten

NEAR: Final = 0.85
"""How alike two names are that may be one, by difflib's ratio; `shards` is too far from `my_shards`."""
DEFINED: Final = re.compile(r"^(?:async\s+)?(?:def|class)\s+(\w+)|^(\w+)\s*(?::[^=\n]*)?=(?!=)", re.MULTILINE)
"""What a cell gives a value, at its left edge."""


@dataclass
class Noticed:
    """What was seen during a check while the learner's function was called."""

    printed: str = ""
    """The first that was printed by a call that returned None where a value is wanted."""
    parameters: str = ""
    """The parameters of a function that does not take what it is given, as they stand in its first line."""
    given: tuple[str, ...] = ()
    """The names of what it is given then."""

    def take(self, of_a_call: "Noticed", *, wants_value: bool) -> None:
        """What was seen of one call more, which was to return a value, or not."""
        self.parameters, self.given = of_a_call.parameters, of_a_call.given
        if wants_value:
            self.printed = of_a_call.printed

    def told(self, function: str) -> str:
        """Words on what was noticed; none where nothing was."""
        if self.given or self.parameters:
            call = f"{function}({', '.join(f'{name}=...' for name in self.given)})"
            return (
                f"It is called with `{call}`, and takes `{self.parameters}`. "
                "Write its first line as it was given, run its cell again, then check."
            )
        if self.printed:
            words = shorten(self.printed.strip()).strip("'\"")
            return (
                f"Your function printed `{words}` and returned nothing, where a value is wanted. "
                "Write `return` in place of `print`, run its cell again, then check."
            )
        return ""


def unlike_a_class(name: str, target: Any) -> str:
    """Words where a record processor, which KCL makes with two functions, is no class or takes others."""
    if not inspect.isclass(target):
        return (
            f"`{name}` is a function here, and this task asks for a class: `class {name}:`, with the methods "
            "that the task names."
        )
    try:
        inspect.signature(target).bind("store", "set_aside")
    except TypeError:
        return (
            f"The class is made with `{name}(store, set_aside)`, and its `__init__` takes "
            f"`{parameters_of(target)}`. Write its `__init__` as it was given."
        )
    except ValueError:
        return ""  # some classes cannot say what they take
    return ""


def parameters_of(target: Any) -> str:
    """A function's parameters as text, or none where they cannot be told."""
    try:
        return str(inspect.signature(target))
    except (TypeError, ValueError):
        return ""


def nearly_right(
    function: str, values: Sequence[str], known: Collection[str], namespace: Mapping[str, Any]
) -> str:
    """Words where the name of a task's FUNCTION ("": it has none), or of one of its VALUES, is nearly right.

    None where no name is. KNOWN are the names of the whole exercise: none of them is a slip for another one.
    The cell that ran just before tells what was meant where the right name has an older value.
    """
    last = _last_cell()
    for name in (function, *values):
        there = last if namespace.get(name) not in (None, ...) else {*last, *namespace}
        meant = {
            one
            for one in there - {*known}
            if not one.startswith("_") and callable(namespace.get(one)) == (name == function)
        }
        near = difflib.get_close_matches(name, sorted(meant), 1, NEAR)
        if near and name not in last:
            return (
                f"Your notebook gives a value to `{near[0]}`, and this task asks for the name `{name}`. "
                f"If that is what you meant, change the name to `{name}`, run its cell again, then check."
            )
    return ""


def _last_cell() -> set[str]:
    """The names that the cell defined which ran before this one."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    ran: Any = getattr(shell, "last_execution_result", None)
    cell = str(ran.info.raw_cell) if ran is not None else ""
    return {name for pair in DEFINED.findall(cell) for name in pair if name}
