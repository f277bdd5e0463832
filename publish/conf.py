"""Sphinx's settings. Nothing is fetched: the theme, the search and the fonts come with the packages."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

project = "Kinesis, hands on"
author = "The course's authors"
html_title = project
extensions = ["myst_nb", "sphinx_design", "autoapi.extension"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # the tests have run every notebook and compared every output
nb_merge_streams = True

# What others import; the rest of both packages is for those who change it, and ARCHITECTURE.md leads there.
INNER = {
    "lab": ("aws", "commands", "emulator", "machine", "pages", "playground", "cli", "first_aid", "leftovers"),
    "grader": (
        "authoring", "bank", "certificates", "classroom", "cli", "commands", "engine", "exams", "inside",
        "marking", "reports", "walls", "workers", "alembic_path", "plain_files", "source", "whereabouts",
    ),
}  # fmt: skip
autoapi_dirs = [str(HERE.parent / "lab"), str(HERE.parent / "grader")]
autoapi_ignore = [
    f"*/{package}/{name}{end}" for package in INNER for name in INNER[package] for end in ("/*", ".py")
]
autoapi_root = "api"
autoapi_options = ["members", "show-module-summary"]
autoapi_python_class_content = "class"
autoapi_add_toctree_entry = False
autoapi_keep_files = False
autoapi_member_order = "groupwise"
# What the rest of the packages defines is left out on purpose, and two modules may each have a `Record`.
suppress_warnings = ["autoapi.python_import_resolution", "ref.python"]

html_theme = "pydata_sphinx_theme"
html_theme_options = {
    "navbar_align": "left",
    "show_prev_next": True,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": [],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_static_path = [str(HERE / "look")]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_show_sphinx = False
exclude_patterns = ["api/index.rst"]


def literal_blocks(_app: Any, _what: str, _name: str, _obj: Any, _options: Any, lines: list[str]) -> None:
    """Docstrings are plain text: what they indent is shown as it stands."""
    lines[:] = with_literal_blocks(lines)


def with_literal_blocks(lines: Sequence[str]) -> list[str]:
    """LINES of a docstring, with reStructuredText's mark before each indented block."""
    made: list[str] = []
    inside = False
    for line in lines:
        indented = line.startswith("    ")
        if indented and not inside:
            made += ["", "::", ""]
        elif not indented and line.strip() and inside:
            made.append("")
        inside = indented or (inside and not line.strip())
        made.append(line)
    return made


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("autodoc-process-docstring", literal_blocks)
