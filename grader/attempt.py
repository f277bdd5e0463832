"""Has a learner begun a task? A stub's body does nothing: a docstring, `...`, `pass`."""

import ast
import functools
from collections.abc import Mapping


def defines(source: str, function: str) -> bool:
    """Does this cell define the function (at its top level)? False when it does not even parse."""
    return _definition(source, function) is not None


def is_stub(source: str, function: str) -> bool:
    """Is the function defined here with a body that does nothing?"""
    definition = _definition(source, function)
    if definition is None:
        return False
    return all(
        isinstance(line, ast.Pass) or (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))
        for line in definition.body
    )


def _definition(source: str, function: str) -> ast.FunctionDef | None:
    return _functions(source).get(function)


@functools.lru_cache(maxsize=1024)
def _functions(source: str) -> Mapping[str, ast.FunctionDef]:
    """The functions at the top level of a cell, the last of each name; asked for every task, parsed once."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
