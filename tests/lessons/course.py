"""The lessons as the tests see them: the index, the notebooks, their twins, and how nbval is run."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat

from lab.commands.proving import SANITIZER, compare
from lab.kcl.environment import kcl

ROOT = Path(__file__).resolve().parents[2]
COURSE = ROOT / "course"
_INDEX = (COURSE / "source" / "course.toml").read_text(encoding="utf-8")
INDEX: list[dict[str, Any]] = tomllib.loads(_INDEX)["lesson"]
READY = [lesson["name"] for lesson in INDEX if lesson["status"] == "ready"]


def notebook_of(lesson: str) -> nbformat.NotebookNode:
    return nbformat.read(COURSE / f"{lesson}.ipynb", as_version=4)


def patterns() -> list[re.Pattern[str]]:
    lines = SANITIZER.read_text(encoding="utf-8").splitlines()
    return [re.compile(line.removeprefix("regex: ")) for line in lines if line.startswith("regex:")]


def compare_by_nbval(notebook: Path, environment: Mapping[str, str], folder: Path) -> dict[int, str]:
    """Run NOTEBOOK under nbval; for the number of each code cell "passed" or what is wrong."""
    if notebook.stem == "08-kcl":
        kcl()  # installed once, and told in a line that no committed output has
    return compare(notebook, environment, folder)
