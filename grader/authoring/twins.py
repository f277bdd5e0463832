"""Text twins: the percent files that people edit and review, and the notebooks made of them."""

import subprocess
import sys
from pathlib import Path

import jupytext


def pairs(root: Path) -> list[tuple[Path, Path]]:
    """(text, notebook) of every lesson and every assignment's source."""
    course = root / "course"
    lessons = [(p, course / f"{p.stem}.ipynb") for p in (course / "source" / "text").glob("*.py")]
    sources = [
        (p, p.with_suffix(".ipynb")) for p in (root / "solutions").glob("*/*.py") if p.stem == p.parent.name
    ]
    return sorted(lessons + sources)


def update(text: Path, notebook: Path) -> None:
    """Bring the notebook up to its text; outputs, ids and the version stamp of unchanged cells stay."""
    command = [sys.executable, "-m", "jupytext", "--quiet", "--update", "--to", "ipynb"]
    subprocess.run([*command, "--output", str(notebook), str(text)], check=True)


def _cells(path: Path) -> list[tuple[str, str, object]]:
    keep = ("nbgrader", "tags")
    return [
        (cell.cell_type, cell.source, {key: cell.metadata[key] for key in keep if key in cell.metadata})
        for cell in jupytext.read(path).cells
    ]


def differing(text: Path, notebook: Path) -> str | None:
    """None when the two say the same, else where they part."""
    if not notebook.exists():
        return f"{notebook.name} does not exist yet"
    ours, theirs = _cells(text), _cells(notebook)
    for number, (left, right) in enumerate(zip(ours, theirs, strict=False), 1):
        if left != right:
            return f"cell {number} differs between {text.name} and {notebook.name}"
    if len(ours) != len(theirs):
        return f"{text.name} has {len(ours)} cells, {notebook.name} has {len(theirs)}"
    return None
