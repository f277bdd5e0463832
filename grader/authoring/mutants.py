"""Mutants of a solution: the same code with one small mistake. Checks worth their points notice each.

Every mutant has a name that says what was changed, so that an author finds it, and can let it pass in
`survivors.toml` beside the source: because it answers the same as the solution, or on purpose.

    [split_point]
    "(start + end) // 2 → (start + end) >> 1" = "both halve and round down"
"""

import ast
import copy
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.tasks.declaration import AuthoringError

FILE_NAME = "survivors.toml"

COMPARISONS: Mapping[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
ARITHMETIC: Mapping[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.FloorDiv,),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Div, ast.Mult),
    ast.Mod: (ast.FloorDiv,),
    ast.LShift: (ast.RShift,),
    ast.RShift: (ast.LShift,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
    ast.BitXor: (ast.BitAnd,),
}
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Mutant:
    """One mistake: its name, the whole cell with it, and the line that it is made in."""

    name: str
    source: str
    line: str


def mutants(source: str) -> list[Mutant]:
    """Every mutant of the functions in a cell, in the order of the code. Raises SyntaxError."""
    tree, lines = ast.parse(source), source.splitlines()
    places = [node for top in tree.body if isinstance(top, ast.FunctionDef) for node in _places(top)]
    seen: Counter[str] = Counter()
    found = []
    line = ""
    for node in places:
        line = lines[node.lineno - 1].strip() if hasattr(node, "lineno") else line
        for changed in _changes(node):
            name = f"{_label(node)} → {_label(changed)}"
            seen[name] += 1
            text = _with(tree, node, changed)
            found.append(Mutant(name if seen[name] == 1 else f"{name} ({seen[name]})", text, line))
    return found


def _label(node: ast.AST) -> str:
    """A node as it is written, on one line: of a block its head alone."""
    if isinstance(node, ast.If | ast.While):
        return f"{'if' if isinstance(node, ast.If) else 'while'} {ast.unparse(node.test)}"
    return " ".join(ast.unparse(node).split())


def _places(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes below a function whose change can change an answer: no docstrings, no words of errors."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Raise | ast.arguments) or _is_docstring(child):
            continue
        yield child
        yield from _places(child)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _with(tree: ast.Module, node: ast.AST, changed: ast.AST) -> str:
    """The module's source with one node in place of another."""
    memo = {id(node): changed}
    return ast.unparse(ast.fix_missing_locations(copy.deepcopy(tree, memo)))


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    """What a slip of the author's would have made of this node."""
    if isinstance(node, ast.Compare):
        yield from _comparisons(node)
    elif isinstance(node, ast.BinOp):
        for operator in ARITHMETIC.get(type(node.op), ()):
            yield ast.BinOp(node.left, operator(), node.right)
    elif isinstance(node, ast.AugAssign):
        for operator in ARITHMETIC.get(type(node.op), ()):
            yield ast.AugAssign(node.target, operator(), node.value)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node.operand
    elif isinstance(node, ast.Constant):
        yield from _constants(node)
    else:
        yield from _statements(node)


def _comparisons(node: ast.Compare) -> Iterator[ast.AST]:
    for place, operator in enumerate(node.ops):
        for other in COMPARISONS[type(operator)]:
            operators = [*node.ops[:place], other(), *node.ops[place + 1 :]]
            yield ast.Compare(node.left, operators, node.comparators)


def _constants(node: ast.Constant) -> Iterator[ast.AST]:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
        yield ast.Constant(value - 1)
    elif isinstance(value, float):
        yield ast.Constant(value * 2)
    elif isinstance(value, str):
        yield ast.Constant(f"{value}X" if value else "X")


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Return) and node.value is not None:
        yield ast.Return(ast.Constant(None))
    elif isinstance(node, ast.If | ast.While | ast.IfExp):
        yield _replaced(node, test=ast.UnaryOp(ast.Not(), node.test))
    elif isinstance(node, ast.Continue):
        yield ast.Break()
    elif isinstance(node, ast.Break):
        yield ast.Continue()
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
        yield ast.Call(ast.Name(CALLS[node.func.id], ast.Load()), node.args, node.keywords)


def _replaced(node: ast.AST, **fields: ast.AST) -> ast.AST:
    return type(node)(**{**dict(ast.iter_fields(node)), **fields})


def read_survivors(folder: Path) -> dict[str, dict[str, str]]:
    """Reasons by task and mutant. Raises AuthoringError when the file is not as it must be."""
    return read_reasons(folder, FILE_NAME)


def read_reasons(folder: Path, file_name: str) -> dict[str, dict[str, str]]:
    """What an author lets pass, and why, by task. Raises AuthoringError for a file that is damaged."""
    path = folder / file_name
    if not path.is_file():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AuthoringError(f"{path} is not TOML: {error}") from None
    for task, reasons in table.items():
        if not isinstance(reasons, dict) or not all(
            isinstance(r, str) and r.strip() for r in reasons.values()
        ):
            raise AuthoringError(f'{path}: under [{task}] stands "what passes" = "the reason"')
    return table
