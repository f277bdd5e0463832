"""The page of exams: a desk behind a guarded server on the loopback, and the lessons to read beside it."""

import html
import re
from pathlib import Path
from typing import Any, Final

from tornado.web import HTTPError

from grader.exams.desk import Desk, step
from grader.exams.sitting import SittingError
from lab.errors import LabError
from lab.pages.handlers import File, Guarded, Post, Route
from lab.pages.server import listening, serve

PAGE: Final = Path(__file__).with_name("page")
PORT: Final = 8127
LESSON: Final = re.compile(r"\d\d-[a-z-]+")


class Lesson(Guarded):
    """A lesson as a page to read, by its name. Its headings have the ids that JupyterLab gives them."""

    def initialize(self, guard: Any, root: Path) -> None:  # type: ignore[override]
        super().initialize(guard)
        self.root = root

    def get(self, name: str) -> None:
        path = self.root / "course" / f"{name}.ipynb"
        if not LESSON.fullmatch(name) or not path.is_file():
            raise HTTPError(404)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(lesson_page(path))


def lesson_page(path: Path) -> str:
    """A notebook as a page of ours. The server's policy lets none of its scripts run."""
    from nbconvert import HTMLExporter  # takes a second

    body, _ = HTMLExporter(template_name="basic").from_filename(str(path))  # type: ignore[no-untyped-call]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(path.stem)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="stylesheet" href="/page.css"></head>'
        f'<body class="lesson"><main>{body}</main></body></html>'
    )


def routes(desk: Desk, root: Path) -> list[Route]:
    """What the server answers."""

    async def answer(body: dict[str, Any]) -> Any:
        try:
            return step(desk, body)
        except SittingError as error:
            raise LabError(str(error)) from None

    return [
        (r"/step", Post, {"answer": answer}),
        (r"/lesson/([^/]+)", Lesson, {"root": root}),
        (r"/(|page\.js|page\.css)", File, {"folder": PAGE}),
    ]


async def run(desk: Desk, root: Path, port: int | None, browser: bool) -> None:
    """Serve until Ctrl-C. Raises LabError when PORT is taken."""
    await serve(listening(port, PORT), routes(desk, root), browser, "The page of exams")
