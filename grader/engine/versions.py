"""What a mark depends on besides the submission: a version of the marking, and one of each task's checks.

The same version means the same mark, so that a regrade runs only what has changed. When in doubt a version
changes: something is graded again that would have got the same mark, never the other way round.

A task's version is a digest over

- the source of all of our own modules that the engine reaches by imports, and Python's version;
- the task as the exercise has it: points, hints, visible cases with their expected answers, givens;
- the file of its checks and the files beside it that this one imports, at any depth, and the modules of ours
  that these import, with what they import;
- the versions of the tasks that it needs, since a mark follows theirs.

Comments and texts that only document change nothing. Where the checks are one file for all tasks, every
task depends on that file. Not covered: files that checks open (they have to be pure), and packages of others.
"""

import ast
import functools
import hashlib
import importlib.util
import json
import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path

from grader.engine import old_names
from grader.tasks.declaration import Task

ENGINE = "grader.engine.judge"
OURS = ("grader", "lab")


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
        names = {old_names.NOW.get(name, name) for name in part.co_names}
        modules, members = ours.keys() & names, last_names.intersection(names)
        found |= modules | {f"{module}.{member}" for module in modules for member in members}
    return found & ours.keys()


# --- Files of checks -----------------------------------------------------------------------------


def task_versions(checks: Path, tasks: Sequence[Task], exercise_text: str, around: str) -> dict[str, str]:
    """The version of each task by its id. AROUND: what else the marks of all of them depend on.

    CHECKS is `checks/__init__.py`, with the tasks in files of their ids beside it, or one `checks.py`.
    """
    data = {task["id"]: json.dumps(task, sort_keys=True) for task in json.loads(exercise_text)["tasks"]}
    own = {}
    for task in tasks:
        files = _reached(checks.parent, _file_of(task, checks))
        code = [compile(tree, str(path), "exec") for path, tree in files.items()]
        modules = sorted(set[str]().union(*map(_imports, code)))
        own[task.id] = digest(
            marking_version(),
            around,
            data.get(task.id, ""),
            *(ast.dump(tree) for tree in files.values()),
            *(module_version(name) for name in modules),
        )
    by_id = {task.id: task for task in tasks}

    def with_needs(name: str) -> str:
        needed = (with_needs(other) for other in by_id[name].builds_on if other in by_id)
        return digest(own[name], *needed)

    return {name: with_needs(name) for name in own}


def _file_of(task: Task, checks: Path) -> Path:
    """The task's own file; where there is none, the one that declares all tasks."""
    own = checks.with_name(f"{task.id}.py")
    return own if checks.name == "__init__.py" and own.is_file() else checks


def _reached(folder: Path, start: Path) -> dict[Path, ast.Module]:
    """START and the files of FOLDER that it reaches by relative imports, by path; without documentation."""
    found: dict[Path, ast.Module] = {}
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found[path] = _without_documentation(ast.parse(path.read_text(encoding="utf-8")))
        named = (folder / f"{name}.py" for name in _neighbours(found[path]))
        waiting += [neighbour for neighbour in named if neighbour.is_file()]
    return {path: found[path] for path in sorted(found)}


def _without_documentation(tree: ast.Module) -> ast.Module:
    body = [s for s in tree.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    return ast.Module(body, [])


def _neighbours(tree: ast.Module) -> Iterator[str]:
    """Names of modules beside it: `from .name import x` and `from . import name`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            yield from [node.module] if node.module else [alias.name for alias in node.names]
