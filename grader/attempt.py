"""Has a learner begun a task? A stub's body does nothing: a docstring, `...`, `pass`."""

import ast


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
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == function]
    return found[-1] if found else None
