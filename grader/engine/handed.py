"""What was handed in, as bytes: a notebook, and the modules of the learner's own that lie beside it."""

import hashlib
import site
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Final

from grader.engine.submission import LONGEST_CELL, MOST_CODE, find_notebook, read_bytes
from grader.plain_files import NotReadError, read_plain

MOST_MODULES: Final = 20
"""Of one hand-in."""
MODULE: Final = ".py"
RESERVED: Final = frozenset({"course", "grader", "lab", "sitecustomize", "usercustomize"})
"""Names that are the course's own, or that Python itself imports."""


@dataclass(frozen=True)
class Handed:
    """One hand-in, read and not yet looked into."""

    path: Path
    """The notebook."""
    notebook: bytes
    modules: Mapping[str, str] = field(default_factory=dict)
    """Texts by the names of their files."""
    warnings: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        return digest(self.notebook, self.modules)


def read_handed(folder: Path, assignment: str) -> Handed:
    """The hand-in in FOLDER. Raises NoNotebook or Unreadable."""
    path, warnings = find_notebook(folder, assignment)
    notebook = read_bytes(path)
    modules, left_out = read_modules(path.parent)
    return Handed(path, notebook, modules, (*warnings, *left_out))


def digest(notebook: bytes, modules: Mapping[str, str]) -> str:
    """SHA-256 of a hand-in; without modules that of its notebook."""
    found = hashlib.sha256(notebook)
    for name, text in sorted(modules.items()):
        found.update(f"\0{name}\0{len(text)}\0{text}".encode())
    return found.hexdigest()


def read_modules(folder: Path) -> tuple[dict[str, str], list[str]]:
    """The modules in FOLDER that a notebook there can import, and a sentence for each that is left out."""
    modules: dict[str, str] = {}
    left_out = []
    for path in sorted(one for one in folder.iterdir() if is_module(one.name)):
        if is_taken(path.stem):
            left_out.append(f"{path.name} has the name of a package and does not go along: give it another.")
            continue
        try:
            text = read_plain(path, LONGEST_CELL).decode("utf-8-sig")
        except NotReadError as reason:
            left_out.append(f"{path.name} {reason}, so it does not go along.")
            continue
        except UnicodeDecodeError:
            left_out.append(f"{path.name} is no text in UTF-8, so it does not go along.")
            continue
        if len(modules) == MOST_MODULES or sum(map(len, modules.values())) + len(text) > MOST_CODE:
            left_out.append(
                f"{path.name} does not go along: {MOST_MODULES} modules of {MOST_CODE} characters do at most."
            )
            continue
        modules[path.name] = text
    return modules, left_out


def is_taken(name: str) -> bool:
    """Whether a module of this name would hide one that everybody has."""
    if name in sys.stdlib_module_names or name in RESERVED:
        return True
    return PathFinder.find_spec(name, site.getsitepackages()) is not None


def is_module(name: str) -> bool:
    """Whether a file of this name can be imported."""
    return name.endswith(MODULE) and name.removesuffix(MODULE).isidentifier()
