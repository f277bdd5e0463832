"""The built pages, read as a visitor's browser would: links that lead somewhere, pictures that have words.

And no answer: `leaks` looks for what only `solutions/` knows.
"""

import ast
import html
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

SHORTEST = 24
"""Characters that a line of an answer has before it counts as one that only its author would write."""


class _Page(HTMLParser):
    """The links, the places that can be linked to, and the pictures of one page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.wordless: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.places |= {value for name in ("id", "name") if (value := known.get(name))}
        for name in ("href", "src"):
            if (link := known.get(name)) and not link.startswith(("data:", "javascript:", "mailto:")):
                self.links.append(link)
        if tag == "img" and not known.get("alt"):
            self.wordless.append((known.get("src") or "")[:60])


def pages_of(site: Path) -> list[Path]:
    """The pages of SITE; what the theme brings beside them in `_static` is none."""
    return [path for path in sorted(site.rglob("*.html")) if "_static" not in path.parts]


def faults(site: Path) -> list[str]:
    """What is wrong with the pages of SITE: links that lead nowhere, pictures without words."""
    pages = {path.resolve(): _Page(path.read_text(encoding="utf-8")) for path in pages_of(site)}
    found = []
    for path, page in pages.items():
        name = path.relative_to(site.resolve())
        found += [f"{name}: a picture has no words: {source}" for source in page.wordless]
        found += [f"{name}: {why}" for link in page.links if (why := _dead(link, path, pages))]
    return found


def _dead(link: str, path: Path, pages: dict[Path, _Page]) -> str | None:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return None
    aimed = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not aimed.exists():
        return f"{link} leads nowhere"
    place = unquote(parts.fragment)
    if place and aimed in pages and place not in pages[aimed].places:
        return f"{link} names a place that is not on that page"
    return None


def fetched(site: Path) -> list[str]:
    """What a page of SITE would load from elsewhere: styles, scripts and pictures with an address."""
    found = []
    for path in pages_of(site):
        text = path.read_text(encoding="utf-8")
        for address in re.findall(r"<(?:script|img|iframe|source)[^>]*src=\"((?:https?:)?//[^\"]+)", text):
            found.append(f"{path.relative_to(site)} loads {address}")
        for address in re.findall(r"<link[^>]*stylesheet[^>]*href=\"((?:https?:)?//[^\"]+)", text):
            found.append(f"{path.relative_to(site)} loads {address}")
    return found


def answer_lines(solutions: Path, public: list[Path]) -> dict[str, str]:
    """Lines that only SOLUTIONS have, none of the notebooks in PUBLIC, with the file that each is from."""
    told = {line.strip() for folder in public for path in folder.rglob("*.ipynb") for line in _lines(path)}
    found: dict[str, str] = {}
    for path in sorted(solutions.rglob("*.py")):
        for line in _code(path.read_text(encoding="utf-8")):
            if len(line) >= SHORTEST and line not in told:
                found.setdefault(line, str(path.relative_to(solutions)))
    return found


def _lines(path: Path) -> Iterator[str]:
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        yield from "".join(cell["source"]).splitlines()


def _code(text: str) -> Iterator[str]:
    """The lines of TEXT that are code, without comments and indentation; none when it is no Python."""
    try:
        ast.parse(text)
    except SyntaxError:
        return
    yield from (
        line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")
    )


def leaks(site: Path, answers: dict[str, str]) -> list[str]:
    """Where a page of SITE has one of ANSWERS."""
    found = []
    for path in pages_of(site):
        shown = html.unescape(re.sub(r"<[^>]+>", "", path.read_text(encoding="utf-8")))
        lines = {line.strip() for line in shown.splitlines()}
        found += [
            f"{path.relative_to(site)} has {line!r} of {answers[line]}" for line in lines & answers.keys()
        ]
    return found
