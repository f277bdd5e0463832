"""What Sphinx reads: the lessons, exercises and documents in the project's own tree, so that links hold.

A link to a file that has no page (a module, a schema) becomes the file's name: the site knows no address
of the repository.
"""

import re
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat

from publish.notebooks import as_page

DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
PAGES = Path(__file__).with_name("pages")
LINK = re.compile(r"(?<!!)\[(?P<words>[^\]\n]+)\]\((?P<target>[^)\s#]+)(?P<part>#[^)\s]*)?\)")
PICTURE = re.compile(r"!\[[^\]]*\]\((?P<target>[^)\s]+)\)")


def lay_out(project: Path, source: Path) -> None:
    """Write the page sources of PROJECT into SOURCE, a folder that is not there yet."""
    shutil.copytree(PAGES, source)
    index = tomllib.loads((project / "course/source/course.toml").read_text(encoding="utf-8"))
    ready = [lesson for lesson in index["lesson"] if lesson["status"] == "ready"]
    lessons = [f"course/{lesson['name']}.ipynb" for lesson in ready]
    exercises = [f"exercises/{name}/{name}.ipynb" for name in (lesson["name"] for lesson in ready)]
    exercises = [name for name in exercises if (project / name).exists()]
    documents = [*DOCUMENTS, *(f"docs/{path.name}" for path in sorted((project / "docs").glob("*.md")))]
    known = {*lessons, *exercises, *documents}
    for name in lessons + exercises:
        notebook = nbformat.read(project / name, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = links_to_pages(cell.source, name, known)
        _write(source / name, nbformat.writes(as_page(notebook)))
    for name in documents:
        text = (project / name).read_text(encoding="utf-8")
        _write(source / name, links_to_pages(text, name, known))
        _copy_pictures(project / name, source / name, text)
    _write(source / "course/index.md", course_page(ready, set(exercises)))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _copy_pictures(document: Path, page: Path, text: str) -> None:
    for found in PICTURE.finditer(text):
        picture = (document.parent / found["target"]).resolve()
        if picture.is_file():
            target = page.parent / found["target"]
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(picture, target)


def links_to_pages(text: str, name: str, known: set[str]) -> str:
    """TEXT of the page NAME; a link to what is no page in KNOWN keeps its words alone."""

    def one(found: re.Match[str]) -> str:
        target = found["target"]
        if re.match(r"[a-z]+:", target):
            return found[0]
        aimed = _normal(f"{Path(name).parent}/{target}")
        if aimed in known:
            return found[0]
        words = found["words"].strip("`")
        return f"`{words}`" if words in (target, Path(target).name) else f"{found['words']} (`{aimed}`)"

    return LINK.sub(one, text)


def _normal(path: str) -> str:
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            parts[-1:] = []
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def course_page(lessons: list[Mapping[str, Any]], exercises: set[str]) -> str:
    """The page that leads through the course: each lesson with its minutes and objectives, in its order."""
    lines = ["# The course", "", "Lessons in the order in which they are taken. Each has an assignment.", ""]
    for lesson in lessons:
        name = lesson["name"]
        lines += [f"## [{lesson['title']}]({name}.ipynb)", "", f"{lesson['minutes']} minutes.", ""]
        lines += [f"- {objective['text']}" for objective in lesson["objectives"]]
        exercise = f"exercises/{name}/{name}.ipynb"
        lines += ["", f"[The assignment](../{exercise})" if exercise in exercises else "", ""]
    lines += ["```{toctree}", ":hidden:", ":maxdepth: 1", ""]
    for lesson in lessons:
        name = lesson["name"]
        lines.append(name)
        if f"exercises/{name}/{name}.ipynb" in exercises:
            lines.append(f"Exercise {name[:2]} <../exercises/{name}/{name}>")
    return "\n".join([*lines, "```", ""])
