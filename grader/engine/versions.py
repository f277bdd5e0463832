"""What a mark depends on besides the submission: a version of the marking, and one of each task's checks.

The same version means the same mark, so that a regrade runs only what has changed. When in doubt a version
changes: something is graded again that would have got the same mark, never the other way round.

A task's version is a digest over

- the source of all of our own modules that the engine reaches by imports, and Python's version;
- the task as the exercise has it: points, hints, visible cases with their expected answers, givens;
- those top-level statements of `checks.py` that its declaration reaches by name, at any depth, and the
  modules of ours that they import, with what these import;
- statements that no task reaches, or that are more than a definition (a loop, `TASKS.append(...)`): they
  belong to every task;
- the versions of the tasks that it needs, since a mark follows theirs.

Where a value of `checks.py` can be changed in place (a list, a dictionary), each call that is handed it may
have done so: every task that uses the value also depends on that call. Where names are looked up in ways
that cannot be followed (`globals()`, `import *`, a computed `TASKS`), every task depends on the whole file.
Not covered: files that `checks.py` opens (it has to be pure), and packages of others.
"""

import ast
import dataclasses
import enum
import functools
import hashlib
import importlib.util
import json
import numbers
import re
import sys
import types
from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

from grader.tasks.declaration import Task

ENGINE = "grader.engine.judge"
OURS = ("grader", "lab")
UNFOLLOWED = frozenset(
    {"globals", "locals", "eval", "exec", "compile", "setattr", "delattr", "__import__", "importlib",
     "sys"}
)  # fmt: skip
CONSTANT = (
    type(None), numbers.Number, str, bytes, range, re.Pattern, enum.Enum, type, types.FunctionType,
    types.BuiltinFunctionType, types.ModuleType, types.GenericAlias, types.UnionType,
)  # fmt: skip


def digest(*parts: str) -> str:
    """16 hexadecimal digits for a sequence of texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


# --- Modules of ours -----------------------------------------------------------------------------


@functools.cache
def marking_version() -> str:
    """Of the engine and all that it reaches: it changes with the marking, without anybody's help."""
    return digest(".".join(map(str, sys.version_info[:2])), module_version(ENGINE))


@functools.cache
def module_version(name: str) -> str:
    """Of one of our own modules, and of all of ours that it reaches by imports."""
    found: dict[str, str] = {}
    waiting = {name}
    while waiting:
        module = waiting.pop()
        read = _read(module)
        if read is None or module in found:
            continue
        found[module], imports = read
        waiting |= imports - found.keys()
    return digest(*(part for item in sorted(found.items()) for part in item))


@functools.cache
def _read(module: str) -> tuple[str, set[str]] | None:
    """Its text, and our own modules that it imports; None for what is no module of ours."""
    path = _our_modules().get(module)
    if path is None:
        return None
    code = SourceFileLoader(module, str(path)).get_code(module)  # compiled already, most often
    return path.read_text(encoding="utf-8"), _imports(code) if code else set()


@functools.cache
def _our_modules() -> Mapping[str, Path]:
    """The file of each by its name; found without importing it."""
    found = {}
    for package in OURS:
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            continue
        folder = Path(spec.origin).parent
        for path in folder.rglob("*.py"):
            parts = [package, *path.relative_to(folder).with_suffix("").parts]
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def _imports(code: types.CodeType) -> set[str]:
    """Our own modules that are imported anywhere in it; `from package import module` names both.

    What it imports is among the names that its bytecode uses, and a module's last name may be something
    else's name too: then there is one more module than it imports.
    """
    ours = _our_modules()
    last_names = {name.rpartition(".")[2] for name in ours}
    found, waiting = set[str](), [code]
    while waiting:
        part = waiting.pop()
        waiting += [constant for constant in part.co_consts if isinstance(constant, types.CodeType)]
        modules, members = ours.keys() & part.co_names, last_names.intersection(part.co_names)
        found |= modules | {f"{module}.{member}" for module in modules for member in members}
    return found & ours.keys()


# --- Statements of checks.py ---------------------------------------------------------------------


def task_versions(
    checks: Path, module: types.ModuleType, tasks: Sequence[Task], exercise_text: str, around: str
) -> dict[str, str]:
    """The version of each task by its id. AROUND: what else the marks of all of them depend on."""
    whole = list(_statements(ast.parse(checks.read_text(encoding="utf-8"))))
    data = {task["id"]: json.dumps(task, sort_keys=True) for task in json.loads(exercise_text)["tasks"]}
    split = _one_for_each(tasks, whole, vars(module))
    reach = _Reach(split or whole, vars(module))
    every = set(range(len(reach.statements)))
    reached = {task.id: reach.of(_place(task)) if split else every for task in tasks}
    common = every.difference(*reached.values()) | {i for i in every if reach.defined[i] is None}
    texts, imports = list(map(ast.dump, reach.statements)), list(map(_imported, reach.statements))
    own = {}
    for task in tasks:
        used = sorted(reached[task.id] | common)
        modules = sorted(set().union(*(imports[index] for index in used)))
        own[task.id] = digest(
            marking_version(),
            around,
            data.get(task.id, ""),
            *(texts[index] for index in used),
            *(module_version(name) for name in modules),
        )
    by_id = {task.id: task for task in tasks}

    def with_needs(name: str) -> str:
        needed = (with_needs(other) for other in by_id[name].needs if other in by_id)
        return digest(own[name], *needed)

    return {name: with_needs(name) for name in own}


def _imported(statement: ast.stmt) -> set[str]:
    return _imports(compile(ast.Module([statement], []), "checks.py", "exec"))


def _statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """At the top level, without texts that only document; an import of several names as several."""
    for statement in tree.body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        if isinstance(statement, ast.ImportFrom):
            for alias in statement.names:
                yield ast.copy_location(ast.ImportFrom(statement.module, [alias], statement.level), statement)
        else:
            yield statement


def _place(task: Task) -> str:
    """A name that no statement can have, for a task's element of TASKS."""
    return f"TASKS: {task.id}"


def _one_for_each(
    tasks: Sequence[Task], statements: Sequence[ast.stmt], values: Mapping[str, Any]
) -> list[ast.stmt] | None:
    """The statements with `TASKS = [...]` as a definition of each element; None where that is not certain."""
    others = [statement for statement in statements if "TASKS" not in _names(statement)]
    (last, *more) = [s for s in statements if "TASKS" in _names(s)] or [ast.Pass()]
    value = last.value if isinstance(last, ast.Assign | ast.AnnAssign) else None
    if more or _defined(last) != {"TASKS"} or any(map(_unfollowed, statements)):
        return None
    if not isinstance(value, ast.List | ast.Tuple) or len(value.elts) != len(tasks):
        return None
    if not all(_is_of(task, element, values) for task, element in zip(tasks, value.elts, strict=True)):
        return None
    return others + [
        ast.copy_location(ast.Assign([_stored(_place(task), element)], element), element)
        for task, element in zip(tasks, value.elts, strict=True)
    ]


def _stored(name: str, value: ast.expr) -> ast.Name:
    return ast.copy_location(ast.Name(name, ast.Store()), value)


def _unfollowed(statement: ast.stmt) -> bool:
    """Does it use names in a way that cannot be read off the text?"""
    if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
        return True
    if not UNFOLLOWED.isdisjoint(_names(statement)):
        return True
    calls = (node for node in ast.walk(statement) if isinstance(node, ast.Call))
    return "vars" in _names(statement) and any(ast.unparse(call) == "vars()" for call in calls)


def _is_of(task: Task, element: ast.expr, values: Mapping[str, Any]) -> bool:
    """Is this element, a name or a call with the id in it, the task that came out?"""
    if isinstance(element, ast.Name):
        return values.get(element.id) is task
    if not isinstance(element, ast.Call):
        return False
    given = [*element.args[:1], *(k.value for k in element.keywords if k.arg == "id")]
    return len(given) == 1 and isinstance(given[0], ast.Constant) and given[0].value == task.id


def _defined(statement: ast.stmt) -> set[str] | None:
    """The names that a statement defines, when that is all that it is for; else None."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return {(alias.asname or alias.name).split(".")[0] for alias in names}
        case ast.Assign(targets=targets):
            named = [_target_names(target) for target in targets]
            return None if None in named else set().union(*(names for names in named if names))
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
    return None


def _target_names(target: ast.expr) -> set[str] | None:
    if isinstance(target, ast.Name):
        return {target.id}
    if isinstance(target, ast.Tuple) and all(isinstance(part, ast.Name) for part in target.elts):
        return {part.id for part in target.elts if isinstance(part, ast.Name)}
    return None


@functools.lru_cache(maxsize=10_000)
def _names(node: ast.AST) -> frozenset[str]:
    """That are used anywhere in it. It is asked for the same statements again and again."""
    used = set[str]()
    for found in ast.walk(node):
        if isinstance(found, ast.Name):
            used.add(found.id)
        elif isinstance(found, ast.Global):
            used.update(found.names)
    return frozenset(used)


def _called(node: ast.AST, values: Mapping[str, Any]) -> set[str]:
    """The names in what is called when the statement runs, not only later, when a function in it is.

    The declarations of `grader.tasks.declaration` and the like keep what they are given and change nothing.
    """
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.decorator_list:
        return {*_names(node), node.name}
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        at_once: list[ast.AST] = [*node.args.defaults, *(d for d in node.args.kw_defaults if d)]
    elif isinstance(node, ast.Call) and not _is_declaration(node, values):
        return set(_names(node))
    else:
        at_once = list(ast.iter_child_nodes(node))
    return set().union(*(_called(child, values) for child in at_once))


def _is_declaration(call: ast.Call, values: Mapping[str, Any]) -> bool:
    made = values.get(call.func.id) if isinstance(call.func, ast.Name) else None
    return isinstance(made, type) and made.__module__.startswith("grader.")


def is_constant(value: Any) -> bool:
    """Can nobody change it in place?"""
    if isinstance(value, CONSTANT) or type(value).__module__ == "typing":
        return True
    if isinstance(value, tuple | frozenset):
        return all(map(is_constant, value))
    parameters = getattr(value, "__dataclass_params__", None)
    if parameters is not None and parameters.frozen:
        return all(is_constant(getattr(value, field.name)) for field in dataclasses.fields(value))
    return False


class _Reach:
    """Which statements reach which, by the names that they use."""

    def __init__(self, statements: Sequence[ast.stmt], values: Mapping[str, Any]) -> None:
        self.statements, self.values = statements, values
        self.defined = [_defined(statement) for statement in statements]
        self.places: dict[str, set[int]] = {}
        for index, names in enumerate(self.defined):
            for name in names or ():
                self.places.setdefault(name, set()).add(index)
        self.next = [self._named(statement) for statement in statements]
        self._add_changes_in_place()

    def _named(self, node: ast.AST) -> set[int]:
        return set().union(*(self.places.get(name, ()) for name in _names(node)))

    def closure(self, start: Collection[int]) -> set[int]:
        found, waiting = set[int](), set(start)
        while waiting:
            index = waiting.pop()
            found.add(index)
            waiting |= self.next[index] - found
        return found

    def _add_changes_in_place(self) -> None:
        """A value that can be changed depends on every call that is handed it, directly or not."""
        callers = []
        for index, statement in enumerate(self.statements):
            handed = (self.places.get(name, set()) for name in _called(statement, self.values))
            callers.append((index, self.closure(set().union(*handed))))
        for index, names in enumerate(self.defined):
            if not all(is_constant(self.values.get(name)) for name in names or ()):
                self.next[index] |= {caller for caller, reached in callers if index in reached}

    def of(self, name: str) -> set[int]:
        return self.closure(self.places[name])
