"""What a cell of a learner's defines, and whether that is more than the stub.

A stub does nothing: a function whose body is a docstring, `...`, `pass` or nbgrader's NotImplementedError; a
name that is `...`. Any other way to give a name a value is an answer: async functions, classes, lambdas,
partial functions, imports, also below an `if` or `try`.
"""

import ast
import functools
import re
from collections.abc import Collection, Iterator, Sequence, Set
from dataclasses import dataclass

MAGIC = re.compile(r"^([ \t]*)(?:%|!|\?).*$|^([ \t]*)\S.*\?[ \t]*$", re.MULTILINE)
"""Lines that IPython reads and Python does not."""


@dataclass(frozen=True)
class _Binding:
    """A statement that gives a name a value."""

    name: str
    stub: bool
    first: int
    last: int
    """Lines of the statement, from 1."""
    top: bool


def defines(source: str, name: str) -> bool:
    """Does this cell give the name a value (not within a function)? False when it does not even parse."""
    return any(binding.name == name for binding in _bindings(source))


def is_stub(source: str, name: str) -> bool:
    """Does this cell define the name, and in the end only with a body that does nothing?"""
    found = [binding for binding in _bindings(source) if binding.name == name]
    return bool(found) and found[-1].stub


def answers(source: str, name: str) -> bool:
    """Does this cell give the name a value that is more than the stub?"""
    return any(binding.name == name and not binding.stub for binding in _bindings(source))


def attempts(source: str, name: str) -> bool:
    """Did somebody write an answer here, if perhaps one that Python cannot read?"""
    return name in source and (answers(source, name) or _parsed(source) is None)


FEW_WORDS = 5


def is_prose(source: str) -> bool:
    """Is this a text that somebody wrote into a cell for code: as it stands, in quotes, or as comments?"""
    if len(source.split()) < FEW_WORDS or MAGIC.search(source):
        return False
    tree = _parsed(source)
    return tree is None or all(isinstance(line, ast.Expr) and _is_text(line.value) for line in tree.body)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def without_stubs(source: str, names: Collection[str]) -> str:
    """The cell without the stubs of these names; all else in it stays."""
    stubs = [one for one in _bindings(source) if one.top and one.stub and one.name in names]
    deleted = _deleted(source) if stubs else frozenset()
    gone = {line for one in stubs if one.name not in deleted for line in range(one.first, one.last + 1)}
    if not gone:
        return source
    return "\n".join(line for number, line in enumerate(source.split("\n"), 1) if number not in gone)


@functools.lru_cache(maxsize=128)
def _bindings(source: str) -> Sequence[_Binding]:
    """In their order; asked for every task, parsed once."""
    tree = _parsed(source)
    return tuple(_bound(tree.body, top=True)) if tree else ()


def _parsed(source: str) -> ast.Module | None:
    if source.startswith("%%"):  # a magic for the whole cell, such as %%time
        source = "\n" + source.partition("\n")[2]
    for text in (source, MAGIC.sub(r"\1\2pass", source)):
        try:
            flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            tree = compile(text, "cell", "exec", flags, dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        return tree if isinstance(tree, ast.Module) else None
    return None


def _deleted(source: str) -> Set[str]:
    """The names that the cell takes away again; a stub of such a name is needed where it stands."""
    if "del" not in source or (tree := _parsed(source)) is None:
        return set()
    gone = (one for node in ast.walk(tree) if isinstance(node, ast.Delete) for one in node.targets)
    return {one.id for target in gone for one in ast.walk(target) if isinstance(one, ast.Name)}


def _bound(body: Sequence[ast.stmt], *, top: bool) -> Iterator[_Binding]:
    """In their order. Not by recursion: an `elif` is one more level, and nobody counts them."""
    waiting = [(node, top) for node in reversed(body)]
    while waiting:
        node, top = waiting.pop()
        stub = _does_nothing(node)
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
        for name in _names(node):
            yield _Binding(name, stub, first, node.end_lineno or node.lineno, top)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            waiting += [(one, False) for one in reversed(_blocks(node))]


def _blocks(node: ast.stmt) -> list[ast.stmt]:
    """The statements right below one, in their order."""
    found: list[ast.stmt] = [*getattr(node, "body", [])]
    for handler in getattr(node, "handlers", []):
        found += handler.body
    for case in getattr(node, "cases", []):
        found += case.body
    return [*found, *getattr(node, "orelse", []), *getattr(node, "finalbody", [])]


def _names(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        inside = (one for target in targets for one in ast.walk(target))
        yield from (one.id for one in inside if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store))


def _does_nothing(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return isinstance(node.value, ast.Constant) and node.value.value is ...
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return all(_is_filler(line) for line in node.body)
    return False


def _is_filler(line: ast.stmt) -> bool:
    if isinstance(line, ast.Raise):
        raised = line.exc.func if isinstance(line.exc, ast.Call) else line.exc
        return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
    return isinstance(line, ast.Pass) or (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))
